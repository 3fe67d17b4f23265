// SPDX-License-Identifier: Apache-2.0
// Zip archives as tests need them, odd ones too: members are stored, every field of a header can be chosen.
// Used by the tests of io/ and of wheels. Never a general writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace test {

struct ZipItem {
    std::string name, content;
    std::uint32_t mode = 0100644;                 // st_mode, in the upper half of the external attributes
    std::uint16_t time = 0, date = 40 << 9 | 33;  // 2020-01-01 00:00
    std::uint16_t flags = 0;                      // bit 0: encrypted
    std::uint16_t method = 0;
    std::uint32_t crc_error = 0;  // XORed into the CRC
};

inline std::uint32_t crc32_of(const std::string& text) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

inline std::string little(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
    return out;
}

inline std::string zip_bytes(const std::vector<ZipItem>& items) {
    std::string out, directory;
    for (const ZipItem& item : items) {
        const std::string shared = little(20, 2) + little(item.flags, 2) + little(item.method, 2) +
                                   little(item.time, 2) + little(item.date, 2) +
                                   little(crc32_of(item.content) ^ item.crc_error, 4) + little(item.content.size(), 4) +
                                   little(item.content.size(), 4) + little(item.name.size(), 2) + little(0, 2);
        directory += "PK\x01\x02" + little(3 << 8 | 20, 2) + shared + little(0, 6) +
                     little(static_cast<std::uint64_t>(item.mode) << 16, 4) + little(out.size(), 4) + item.name;
        out += "PK\x03\x04" + shared + item.name + item.content;
    }
    const std::uint64_t at = out.size();
    return out + directory + "PK\x05\x06" + little(0, 4) + little(items.size(), 2) + little(items.size(), 2) +
           little(directory.size(), 4) + little(at, 4) + little(0, 2);
}

inline void write_zip(const std::filesystem::path& file, const std::vector<ZipItem>& items) {
    std::ofstream(file, std::ios::binary) << zip_bytes(items);
}

}  // namespace test
