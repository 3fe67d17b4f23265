// SPDX-License-Identifier: Apache-2.0
#include "resolve/direct_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/hash_pins.hpp"
#include "resolve/pylock.hpp"
#include "resolve/source_requirement.hpp"
#include "resolve/wheel_tags.hpp"
#include "sys/beneath.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

Error at(Error error, const AskedRequirement& asked) {
    error.where = asked.where;
    return error;
}

}  // namespace

Result<TakenFile> take_context_file(const ContextFile& file, const Store& store) {
    auto folder = sys::Beneath::open(file.folder, sys::Outside::refused);
    if (!folder) return folder.error();
    auto from = folder->open_file(file.path);
    if (!from) return from.error();
    auto temporary = store.new_temp_file();
    if (!temporary) return temporary.error();
    TakenFile taken;
    const auto copy = [&]() -> Result<void> {
        auto to = sys::open_fd(*temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!to) return to.error();
        std::vector<std::byte> buffer(1 << 20);
        for (;;) {
            auto got = sys::read_full(from->get(), buffer, file.path);
            if (!got) return got.error();
            if (*got == 0) return {};
            taken.size += *got;
            if (auto put = sys::write_all(to->get(), std::span(buffer).first(*got), *temporary); !put) return put;
        }
    };
    if (auto copied = copy(); !copied) {
        ::unlink(temporary->c_str());
        return copied.error();
    }
    auto digest = store.adopt_blob(*temporary, std::nullopt);
    if (!digest) return digest.error();
    taken.sha256 = *digest;
    return taken;
}

Result<std::string> DirectFiles::text_of(const AskedRequirement& asked, DistributionFetcher& fetcher) {
    if (asked.what.kind == AddressKind::none) return asked.what.text();
    auto file = asked.tree ? take_sources(asked, earlier_, ask_, context_) : take_file(asked, fetcher);
    if (!file) return file.error().where ? file.error() : at(file.error(), asked);
    if (!asked.what.name.empty() && asked.what.project() != file->distribution.name)
        return at(usage_error("'" + (asked.tree ? asked.tree->shown() : file->distribution.file) +
                              "' is the distribution '" + file->distribution.name + "', not '" + asked.what.name + "'"),
                  asked);
    if (auto linked = link_it(*file); !linked) return linked.error();
    Requirement what = asked.what;
    if (what.name.empty()) what.name = file->distribution.name;
    files_.push_back(std::move(*file));
    return what.text("file://" + percent_encoded(files_.back().link.string(), "/"));
}

Result<DirectFile> DirectFiles::take_file(const AskedRequirement& asked, DistributionFetcher& fetcher) {
    auto distribution = fetch(asked, fetcher);
    if (!distribution) return distribution.error();
    DirectFile file{std::move(*distribution), {}, {}};
    const HashPins::Allowed pins{!asked.what.hashes.empty(), asked.what.hashes, asked.where};
    const fs::path blob = context_.store.blob_path(file.distribution.sha256);
    if (auto good = HashPins::check(pins, file.distribution.file, file.distribution.sha256, blob); !good)
        return good.error();
    if (auto named = name_it(file); !named) return named.error();
    return file;
}

Result<LockedDistribution> DirectFiles::fetch(const AskedRequirement& asked, DistributionFetcher& fetcher) {
    LockedDistribution out;
    if (asked.local) {
        out.file = fs::path(asked.local->path).filename();
        out.source = asked.local->path;
        auto taken = take_context_file(*asked.local, context_.store);
        if (!taken) {
            Error error = taken.error();
            error.kind = ErrorKind::usage;
            return error;
        }
        if (asked.content && *asked.content != taken->sha256) return changed_meanwhile(asked);
        out.sha256 = taken->sha256;
        out.size = taken->size;
        return out;
    }
    const std::string& url = asked.what.address;
    out.file = url_file_name(url);
    out.source = without_user(url);
    if (out.file.empty() || out.file.front() == '.' || out.file.find('/') != std::string::npos)
        return usage_error("'" + out.source + "' does not end with a file's name");
    // A file with a pinned hash that the store has is not fetched again.
    for (const RequirementHash& hash : asked.what.hashes)
        if (const auto pin = Digest::parse_hex(hash.hex); pin && hash.algorithm == "sha256")
            if (context_.store.has_blob(*pin)) out.sha256 = *pin;
    const auto locate = [&url](const LockedDistribution&, const std::stop_token&) -> Result<FilePlaces> {
        return FilePlaces{{url}, {}};
    };
    if (auto fetched = fetcher.fetch({&out}, locate); !fetched) return fetched.error();
    for (const LockedDistribution& one : earlier_)
        if (one.source == out.source && one.sha256 != out.sha256 && asked.what.hashes.empty())
            return network_error("the file at " + out.source + " is another one than when it was locked",
                                 "see what it is, and take it as it is now with " + renewal_of());
    return out;
}

Result<void> DirectFiles::name_it(DirectFile& file) const {
    LockedDistribution& one = file.distribution;
    if (!one.is_sdist()) {
        const auto wheel = parse_wheel_name(one.file);
        if (!wheel) return usage_error("'" + one.file + "' is not a wheel's name");
        one.name = normalized_project(wheel->distribution);
        one.version = wheel->version;
    } else {
        auto metadata = read_sdist_metadata(context_.store.blob_path(one.sha256), {}, {});
        if (!metadata) return metadata.error().while_doing("reading " + one.file);
        if (!is_project_name(metadata->name) || metadata->version.empty())
            return usage_error("the PKG-INFO of '" + one.file + "' does not say its name and version");
        file.metadata = std::move(*metadata);
        one.name = normalized_project(file.metadata.name);
        one.version = file.metadata.version;
        file.metadata.name = one.name;
    }
    return {};
}

// Two requirements may name two files with the same name, so each file has a folder of its own.
Result<void> DirectFiles::link_it(DirectFile& file) {
    auto folder = context_.store.new_temp_directory("direct");
    if (!folder) return folder.error();
    file.link = folder->path() / file.distribution.file;
    // uv recognises an sdist by the endings of PEP 625 alone; it does not open one whose metadata it was given.
    if (file.link.extension() == ".tar") file.link += ".gz";
    std::error_code failed;
    fs::create_symlink(context_.store.blob_path(file.distribution.sha256), file.link, failed);
    if (failed) return os_error("link", file.link, failed.value());
    folders_.push_back(std::move(*folder));
    return {};
}

SdistMetadata DirectFiles::with_own_addresses(SdistMetadata metadata) const {
    for (std::string& text : metadata.requires_dist) {
        const auto what = parse_requirement(text);
        if (!what || what->kind == AddressKind::none) continue;
        const bool own = std::any_of(files_.begin(), files_.end(),
                                     [&](const DirectFile& file) { return file.distribution.name == what->project(); });
        if (own) text = what->name + what->extras + (what->marker.empty() ? "" : " ; " + what->marker);
    }
    return metadata;
}

const DirectFile* DirectFiles::find(const std::string& location) const {
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const DirectFile& one) { return one.link == location; });
    return found == files_.end() ? nullptr : &*found;
}

}  // namespace tmplbuild
