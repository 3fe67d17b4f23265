// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_stream.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "registry/pull.hpp"

namespace tmplbuild::registry {

static constexpr std::size_t most_ahead = 4 << 20;  // bytes

struct BlobStream::Impl {
    std::shared_ptr<Session> session;
    Digest digest;
    std::uint64_t size, from;
    std::stop_source ended{};  // requested by the reader, or by whoever stops the command
    std::stop_callback<std::function<void()>> outer;

    std::mutex mutex{};  // for everything below
    std::condition_variable_any changed{};
    std::deque<std::string> ahead{};
    std::size_t held = 0;  // bytes in `ahead`
    std::optional<Result<void>> outcome{};

    std::string open{};  // used by the reader alone: the block that it reads
    std::size_t at = 0;
    std::thread thread{};

    Impl(std::shared_ptr<Session> where, const Digest& wanted, std::uint64_t bytes, std::uint64_t begin,
         const std::stop_token& stop)
        : session(std::move(where)), digest(wanted), size(bytes), from(begin), outer(stop, [this] {
              ended.request_stop();
          }) {}
    ~Impl() {
        ended.request_stop();
        if (thread.joinable()) thread.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<void> put(std::string_view data) {
        std::unique_lock lock(mutex);
        if (!changed.wait(lock, ended.get_token(), [this] { return held < most_ahead; }) || ended.stop_requested())
            return Error{.kind = ErrorKind::interrupted, .message = "stopped while fetching a blob"};
        ahead.emplace_back(data);
        held += data.size();
        changed.notify_all();
        return {};
    }
    void fetch() {
        auto done = fetch_blob(
            *session, digest, {size, from}, [this](std::string_view data) { return put(data); }, ended.get_token());
        const std::scoped_lock lock(mutex);
        outcome = std::move(done);
        changed.notify_all();
    }
    // Sets `open` to the next block; false at the end.
    Result<bool> next() {
        if (!thread.joinable()) thread = std::thread([this] { fetch(); });
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !ahead.empty() || outcome; });
        if (ahead.empty()) {
            if (!*outcome) return outcome->error();
            return false;
        }
        open = std::move(ahead.front());
        ahead.pop_front();
        held -= open.size();
        at = 0;
        changed.notify_all();
        return true;
    }
};

BlobStream::BlobStream(std::shared_ptr<Session> session, const Digest& digest, std::uint64_t size, std::stop_token stop,
                       std::uint64_t from)
    : impl_(std::make_unique<Impl>(std::move(session), digest, size, from, stop)) {}
BlobStream::~BlobStream() = default;

Result<std::size_t> BlobStream::read(std::span<std::byte> into) {
    std::size_t done = 0;
    while (done < into.size()) {
        if (impl_->at == impl_->open.size()) {
            const auto more = impl_->next();
            if (!more && done != 0) break;  // what has come before the error is given first
            if (!more) return more.error();
            if (!*more) break;
        }
        const std::size_t part = std::min(into.size() - done, impl_->open.size() - impl_->at);
        std::copy_n(std::as_bytes(std::span(impl_->open)).begin() + static_cast<std::ptrdiff_t>(impl_->at), part,
                    into.begin() + static_cast<std::ptrdiff_t>(done));
        impl_->at += part;
        done += part;
    }
    return done;
}

}  // namespace tmplbuild::registry
