// SPDX-License-Identifier: Apache-2.0
#include "resolve/distribution_fetch.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/as_result.hpp"
#include "base/text.hpp"
#include "sys/file_digest.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr std::size_t at_once = 4;                   // enough to fill a connection, and few enough for any index
static constexpr std::uint64_t largest_file = 64ULL << 30;  // where no size is known

// The progress of all files of one call together.
class DistributionFetcher::Meter {
  public:
    Meter(Progress& progress, const std::string& step, std::uint64_t total)
        : progress_(progress), step_(step), total_(total) {}
    void add(std::int64_t bytes) {
        const std::scoped_lock lock(mutex_);
        done_ += bytes;
        const auto done = static_cast<std::uint64_t>(std::max<std::int64_t>(done_, 0));
        progress_.bytes(step_, done, total_ == 0 ? 0 : std::max(total_, done));
    }

  private:
    Progress& progress_;
    const std::string& step_;
    std::uint64_t total_;
    std::mutex mutex_;
    std::int64_t done_ = 0;
};

Result<void> DistributionFetcher::fetch(const std::vector<LockedDistribution*>& wanted, const Locate& locate) {
    std::vector<LockedDistribution*> missing;
    std::uint64_t total = 0;
    for (LockedDistribution* one : wanted) {
        if (one->sha256.is_set() && context_.store.has_blob(one->sha256)) {
            if (one->size == 0)
                if (auto size = context_.store.blob_size(one->sha256)) one->size = *size;
            continue;
        }
        missing.push_back(one);
        total += one->size;
    }
    if (missing.empty()) return {};
    context_.progress.doing(step_, "fetching " + std::to_string(missing.size()) +
                                       (missing.size() == 1 ? " distribution" : " distributions"));
    // The largest ones first, so that the last download does not run alone for long.
    std::stable_sort(missing.begin(), missing.end(), [](auto* a, auto* b) { return a->size > b->size; });
    Meter meter(context_.progress, step_, total);
    std::stop_source ended;
    const std::stop_callback pass_on(context_.stop, [&ended] { ended.request_stop(); });
    std::mutex mutex;
    std::optional<Error> first;  // guarded by mutex; later errors only result from the first one
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t n = 0; (n = next.fetch_add(1)) < missing.size();) {
            auto fetched = as_result([&] { return fetch_one(*missing[n], locate, meter, ended.get_token()); });
            if (fetched) continue;
            const std::scoped_lock lock(mutex);
            if (!first) first = fetched.error();
            ended.request_stop();
            return;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t n = 0; n < std::min(at_once, missing.size()); ++n) threads.emplace_back(work);
    }
    if (first) return *first;
    return {};
}

Result<void> DistributionFetcher::fetch_one(LockedDistribution& wanted, const Locate& locate, Meter& meter,
                                            const std::stop_token& stop) {
    auto place = locate(wanted, stop);
    if (!place) return place.error().while_doing("looking for " + wanted.file);
    std::optional<Error> last;
    for (const std::string& location : place->locations) {
        auto fetched = fetch_from(location, wanted, meter, stop);
        if (fetched) return {};
        if (fetched.error().kind != ErrorKind::network) return fetched.error().while_doing("fetching " + wanted.file);
        place->reasons.push_back(fetched.error().message);
        last = fetched.error();
    }
    Error error = last && place->locations.size() == 1 && !wanted.sha256.is_set()
                      ? *last
                      : network_error("no index has " + wanted.file + " of " + wanted.name + " " + wanted.version +
                                          " as it is locked",
                                      "take what there is now with " + renewal_of(part_));
    error.detail = join(place->reasons, "\n");
    return error.while_doing("fetching " + wanted.file);
}

// After a network error, another place may still have the file.
Result<void> DistributionFetcher::fetch_from(const std::string& location, LockedDistribution& wanted, Meter& meter,
                                             const std::stop_token& stop) {
    auto file = context_.store.new_temp_file();
    if (!file) return file.error();
    std::uint64_t told = 0;
    io::HttpDownload got;
    if (location.starts_with('/')) {
        std::error_code failed;
        fs::copy_file(location, *file, failed);
        if (failed == std::errc::no_such_file_or_directory) return network_error(location + " is not there any more");
        if (failed) {
            ::unlink(file->c_str());
            return os_error("copy", location, failed.value());
        }
        auto digest = sys::hash_file(*file);
        if (!digest) return digest.error();
        got = {*digest, fs::file_size(*file, failed)};
        meter.add(static_cast<std::int64_t>(got.size));
    } else {
        io::HttpRequest request = request_for(settings_, location);
        request.limit = wanted.size == 0 ? largest_file : wanted.size;
        const auto progress = [&](std::uint64_t done, std::uint64_t) {
            meter.add(static_cast<std::int64_t>(done) - static_cast<std::int64_t>(told));
            told = done;
        };
        auto downloaded = context_.http.download(request, *file, progress, stop);
        if (!downloaded) {
            meter.add(-static_cast<std::int64_t>(told));
            return downloaded.error();
        }
        got = *downloaded;
    }
    if (wanted.sha256.is_set() && got.sha256 != wanted.sha256) {
        ::unlink(file->c_str());
        meter.add(-static_cast<std::int64_t>(got.size));
        return network_error(io::printable_url(location) + " has the digest " + got.sha256.to_string() +
                             ", expected was " + wanted.sha256.to_string());
    }
    wanted.sha256 = got.sha256;
    wanted.size = got.size;
    return context_.store.adopt_hashed(*file, got.sha256);
}

}  // namespace tmplbuild
