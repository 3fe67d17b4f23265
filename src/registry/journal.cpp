// SPDX-License-Identifier: Apache-2.0
#include "registry/journal.hpp"

#include <unistd.h>

#include <chrono>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "sys/file.hpp"
#include "sys/locked_file.hpp"

namespace tmplbuild::registry {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t record_limit = 64 << 10;  // bytes; a URL with a registry's signed state has a few hundred
// distribution's own default (configuration.md, "uploadpurging").
constexpr std::chrono::hours kept_for{168};

bool is_too_old(const fs::path& file) {
    std::error_code failed;
    const auto written = fs::last_write_time(file, failed);
    return !failed && fs::file_time_type::clock::now() - written > kept_for;
}

// The name of a lock, which its record's begins with.
bool is_lock_name(const std::string& name) {
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// What a process left that was killed while it wrote this record; who has the lock writes nothing beside it.
void remove_unfinished(const fs::path& record) {
    const std::string beginning = "." + record.filename().string() + ".";  // as sys::write_file_atomic names them
    std::error_code failed;
    for (fs::directory_iterator at(record.parent_path(), failed), end; !failed && at != end; at.increment(failed))
        if (at->path().filename().string().starts_with(beginning)) ::unlink(at->path().c_str());
}

}  // namespace

Result<UploadRecord> UploadRecord::open(const fs::path& folder, const Reference& image, const Digest& digest,
                                        std::uint64_t size) {
    UploadRecord record;
    if (auto made = sys::make_directories(folder); !made) return made.error();
    const std::string name = Sha256::of(image.repository_name() + "\n" + digest.to_string()).hex();
    auto lock = sys::open_locked(folder / name);
    if (!lock) return lock.error();
    if (!*lock) return record;
    record.lock_ = std::move(*lock);
    record.file_ = folder / (name + ".json");
    remove_unfinished(record.file_);
    record.identity_ = image.host + " " + image.repository + " " + digest.to_string() + " " + std::to_string(size);
    record.read();
    return record;
}

UploadRecord::UploadRecord(UploadRecord&& other) noexcept
    : file_(std::move(other.file_)),
      identity_(std::move(other.identity_)),
      lock_(std::exchange(other.lock_, std::nullopt)),
      known_(std::exchange(other.known_, std::nullopt)) {}

UploadRecord::~UploadRecord() {
    if (!lock_ || known_) return;
    ::unlink(file_.c_str());
    fs::path lock = file_;
    ::unlink(lock.replace_extension().c_str());  // while it is held
}

// What is damaged, old or another's is none.
void UploadRecord::read() {
    const auto text = sys::read_file(file_, record_limit);
    if (!text || is_too_old(file_)) return;
    const auto document = json::parse(*text, file_);
    if (!document || !document->is_object()) return;
    const json::object& o = document->get_object();
    const std::int64_t confirmed = json::int_or(o, "confirmed", -1), begun = json::int_or(o, "begun", -1);
    KnownUpload found{json::string_or(o, "url", ""), static_cast<std::uint64_t>(confirmed),
                      static_cast<std::uint64_t>(begun)};
    if (json::string_or(o, "of", "") != identity_ || found.url.empty() || confirmed < 0 || begun < confirmed) return;
    known_ = std::move(found);
}

Result<void> UploadRecord::remember(const KnownUpload& upload) {
    if (!lock_ || known_ == upload) return {};
    const json::object document{
        {"of", identity_}, {"url", upload.url}, {"confirmed", upload.confirmed}, {"begun", upload.begun}};
    auto written = sys::write_file_atomic(file_, json::compact(document), 0600);
    if (written) known_ = upload;
    return written;
}

void UploadRecord::forget() {
    known_.reset();
    if (lock_) ::unlink(file_.c_str());
}

void sweep_uploads(const fs::path& folder) {
    std::error_code failed;
    std::set<fs::path> locks, others;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
        fs::path name = at->path().filename();
        if (name.extension() == ".json") name.replace_extension();
        (is_lock_name(name.string()) ? locks : others).insert(name);
    }
    for (const fs::path& name : others)
        if (is_too_old(folder / name)) ::unlink((folder / name).c_str());
    for (const fs::path& name : locks) {
        const fs::path lock = folder / name, record = folder / (name.string() + ".json");
        // A lock is as old as its upload's beginning, so a young record may have an old one.
        if (!is_too_old(fs::exists(record, failed) ? record : lock)) continue;
        const auto held = sys::open_locked(lock);
        if (!held || !*held) continue;  // an upload that is on its way
        ::unlink(record.c_str());
        ::unlink(lock.c_str());
    }
}

}  // namespace tmplbuild::registry
