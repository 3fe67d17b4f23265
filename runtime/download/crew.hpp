// SPDX-License-Identifier: Apache-2.0
// The transfers that run, each on a thread of its own, and what they have to say: a queue of events with a descriptor
// that becomes readable. Used by the worker. Never changes the queue of downloads.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "download/transfer.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::download {

class Crew {
  public:
    explicit Crew(const TransferSettings& settings);
    ~Crew();  // stops all, and waits for them
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void start(const Item& item, std::optional<std::string> key);
    void stop(const std::string& id);
    void forget(const std::string& id);  // its part is not needed any more
    bool is_empty() const { return running_.empty(); }

    int wakes() const { return wake_.get(); }
    // What was said since the last call; threads that have ended are gone then.
    std::vector<Event> take();
    // How far each is, with its speed since about two seconds.
    std::vector<Progressed> measure(std::int64_t now_ms);

  private:
    struct Running {
        Live live{};
        std::shared_ptr<PartFile> part{};
        std::uint64_t last_bytes = 0;
        std::int64_t last_time = 0;
        double speed = 0;
        std::jthread thread{};
    };
    void say(Event event);

    const TransferSettings& settings_;
    std::map<std::string, std::unique_ptr<Running>> running_{};
    std::map<std::string, std::shared_ptr<PartFile>> parts_{};  // of those that wait for their next try
    std::mutex mutex_{};
    std::deque<Event> said_{};  // under the mutex
    sys::Fd wake_;
};

}  // namespace tmplbuild::download
