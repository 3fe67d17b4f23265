// SPDX-License-Identifier: Apache-2.0
// HttpClient::download(): a file that grows over several tries.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "io/http_client.hpp"
#include "io/http_reply.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

namespace {

// After that many bytes of an interrupted download, the count of tries starts again.
constexpr std::uint64_t enough = 1ULL << 20;
constexpr std::int64_t longest_length = std::int64_t{1} << 62;

// A file that grows over several tries while its digest is computed. It gets its final name when it is complete.
class PartialFile {
  public:
    PartialFile(const HttpRequest& request, const fs::path& file,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress)
        : request_(request),
          file_(file),
          part_(file.parent_path() / ("." + file.filename().string() + ".part-" + sys::unique_suffix())),
          progress_(progress) {}
    ~PartialFile() { ::unlink(part_.c_str()); }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    Result<void> open() {
        auto fd = sys::open_fd(part_, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (!fd) return fd.error();
        fd_ = std::move(*fd);
        return {};
    }

    std::uint64_t size() const { return size_; }

    // Headers that ask for the rest, and only of the same content (RFC 9110, sections 14.2 and 13.1.5).
    std::vector<std::string> range_headers() {
        begun_ = false;
        if (size_ == 0) return {};
        std::vector<std::string> out = {"Range: bytes=" + std::to_string(size_) + "-"};
        if (!validator_.empty()) out.push_back("If-Range: " + validator_);
        return out;
    }

    Result<void> take(const HttpReply& reply, std::string_view data) {
        if (reply.status != 200 && reply.status != 206) return {};
        if (!begun_)
            if (auto ready = begin(reply); !ready) return ready;
        if (size_ + data.size() > request_.limit) return too_large(request_);
        if (auto written = sys::write_all(fd_.get(), sys::as_bytes(data), part_.string()); !written) return written;
        hasher_.update(data);
        size_ += data.size();
        const auto now = std::chrono::steady_clock::now();
        if (progress_ && now - told_ >= std::chrono::milliseconds(100)) {
            told_ = now;
            progress_(size_, total_);
        }
        return {};
    }

    // Drops everything received so far.
    Result<void> start_over() {
        size_ = 0;
        hasher_ = Sha256();
        if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
            return os_error("empty", part_.string(), errno);
        return {};
    }

    Result<HttpDownload> finish(const HttpReply& reply) {
        if (!begun_)  // an empty body
            if (auto ready = begin(reply); !ready) return ready.error();
        fd_.reset();
        if (::rename(part_.c_str(), file_.c_str()) != 0) return os_error("rename a download to", file_.string(), errno);
        if (progress_) progress_(size_, size_);
        return HttpDownload{hasher_.finish(), size_};
    }

  private:
    // Looks at the beginning of a reply: it either continues where the last one ended, or starts from the first byte.
    Result<void> begin(const HttpReply& reply) {
        begun_ = true;
        const auto length = parse_whole(header_of(reply.headers, "content-length"), 0, longest_length);
        const std::string range = header_of(reply.headers, "content-range");  // "bytes 100-199/200"
        const bool goes_on = reply.status == 206 && range.starts_with("bytes " + std::to_string(size_) + "-");
        if (!goes_on) {
            if (reply.status == 206)
                return network_error(printable_url(request_.url) + " sent another range than the one asked for");
            if (auto emptied = start_over(); !emptied) return emptied;
        }
        total_ = length ? size_ + static_cast<std::uint64_t>(*length) : 0;
        // A weak validator does not promise the same bytes.
        validator_ = header_of(reply.headers, "etag");
        if (validator_.starts_with("W/")) validator_.clear();
        if (total_ > request_.limit) return too_large(request_);
        return {};
    }

    const HttpRequest& request_;
    fs::path file_, part_;
    const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
    sys::Fd fd_;
    Sha256 hasher_;
    std::uint64_t size_ = 0, total_ = 0;
    std::string validator_;
    bool begun_ = false;
    std::chrono::steady_clock::time_point told_{};
};

}  // namespace

Result<HttpDownload> HttpClient::download(const HttpRequest& request, const fs::path& file,
                                          const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                                          std::stop_token stop) {
    PartialFile part(request, file, progress);
    if (auto opened = part.open(); !opened) return opened.error();
    HttpTries tries(impl_->patience, std::move(stop));
    const HttpSink sink = [&part](const HttpReply& reply, std::string_view data) { return part.take(reply, data); };
    for (;;) {
        const std::uint64_t before = part.size();
        const Impl::Answer answer = impl_->follow(request, part.range_headers(), false, sink, tries.stop());
        const int status = answer.reply.status;
        if (!answer.failure && (status == 200 || status == 206)) return part.finish(answer.reply);
        if (part.size() >= before + enough) tries.start_over();
        const bool range_refused = !answer.failure && status == 416 && before > 0;
        if (range_refused)
            if (auto emptied = part.start_over(); !emptied) return emptied.error();
        if ((range_refused || is_hope(request, answer)) && tries.again(request, answer.reply)) continue;
        if (tries.stop().stop_requested()) return stopped_fetching(request.url);
        if (answer.failure) return *answer.failure;
        return network_error("cannot fetch " + printable_url(request.url) + ": HTTP status " + std::to_string(status));
    }
}

}  // namespace tmplbuild::io
