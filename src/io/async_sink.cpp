// SPDX-License-Identifier: Apache-2.0
#include "io/async_sink.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tmplbuild::io {

static constexpr std::size_t block_bytes = 256 << 10;

struct AsyncSink::Impl {
    Impl(Sink to, std::size_t bytes) : sink(std::move(to)), limit(std::max<std::size_t>(bytes / block_bytes, 2)) {}
    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            dropped = true;
        }
        changed.notify_all();
        if (thread.joinable()) thread.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    // Small writes are collected, so that one wake-up is enough for many of them.
    Result<void> put(std::span<const std::byte> data) {
        while (!data.empty()) {
            const std::size_t part = std::min(data.size(), block_bytes - open.size());
            open.insert(open.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(part));
            data = data.subspan(part);
            if (open.size() == block_bytes)
                if (auto sent = send(); !sent) return sent;
        }
        return {};
    }

    Result<void> send() {
        std::unique_lock lock(mutex);
        if (!thread.joinable()) thread = std::thread([this] { take(); });
        changed.wait(lock, [&] { return waiting.size() < limit || failed; });
        if (failed) return *failed;
        waiting.push_back(std::move(open));
        open.clear();
        if (!spare.empty()) {
            open = std::move(spare.back());
            spare.pop_back();
        }
        open.reserve(block_bytes);
        lock.unlock();
        changed.notify_all();
        return {};
    }

    void take() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return !waiting.empty() || ended || dropped; });
            if (dropped || waiting.empty()) return;
            std::vector<std::byte> block = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            auto taken = sink(block);
            block.clear();
            lock.lock();
            spare.push_back(std::move(block));
            if (!taken) {
                failed = taken.error();
                changed.notify_all();
                return;
            }
            changed.notify_all();
        }
    }

    Result<void> finish() {
        if (!thread.joinable()) return open.empty() ? Result<void>{} : sink(open);  // too little data for a thread
        if (!open.empty())
            if (auto sent = send(); !sent) return sent;
        {
            const std::lock_guard lock(mutex);
            ended = true;
        }
        changed.notify_all();
        thread.join();
        if (failed) return *failed;
        return {};
    }

    Sink sink;
    const std::size_t limit;      // blocks
    std::vector<std::byte> open;  // used by the writer alone
    std::thread thread;
    std::mutex mutex;  // for everything below
    std::condition_variable changed;
    std::deque<std::vector<std::byte>> waiting;
    std::vector<std::vector<std::byte>> spare;
    std::optional<Error> failed;
    bool ended = false, dropped = false;
};

AsyncSink::AsyncSink(Sink sink, std::size_t capacity) : impl_(std::make_unique<Impl>(std::move(sink), capacity)) {}
AsyncSink::~AsyncSink() = default;
AsyncSink::AsyncSink(AsyncSink&&) noexcept = default;

Result<void> AsyncSink::write(std::span<const std::byte> data) { return impl_->put(data); }
Result<void> AsyncSink::finish() { return impl_->finish(); }

}  // namespace tmplbuild::io
