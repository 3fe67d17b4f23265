# SPDX-License-Identifier: Apache-2.0
# Everything comes from the distribution's packages; docs/decisions/0002-dependencies.md says why each is there.
find_package(Threads REQUIRED)
# Static: the launcher goes into images of any base, and the builder then starts without looking for them.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS system json)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd>=1.5)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(zip REQUIRED IMPORTED_TARGET libzip)

# libarchive's archive, of which the linker takes the formats that we use: its shared library brings libxml2 and ICU along,
# 40 MB that a release would carry and every start would load.
find_library(ARCHIVE_STATIC libarchive.a REQUIRED)
find_path(ARCHIVE_INCLUDE archive.h REQUIRED)
add_library(archive INTERFACE)
target_include_directories(archive SYSTEM INTERFACE ${ARCHIVE_INCLUDE})
target_link_libraries(archive INTERFACE ${ARCHIVE_STATIC} ZLIB::ZLIB PkgConfig::zstd PkgConfig::lz4 bz2 lzma nettle)
target_link_options(archive INTERFACE -Wl,--gc-sections -Wl,--as-needed)

# The archive, for all: the console is static, and the builder needs no further shared library for it.
find_library(YAML_STATIC libyaml.a REQUIRED)
find_path(YAML_INCLUDE yaml.h REQUIRED)
add_library(yaml INTERFACE)
target_include_directories(yaml SYSTEM INTERFACE ${YAML_INCLUDE})
target_link_libraries(yaml INTERFACE ${YAML_STATIC})

add_library(tomlplusplus INTERFACE)
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
target_include_directories(tomlplusplus SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE})

