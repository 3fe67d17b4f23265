// SPDX-License-Identifier: Apache-2.0
// Server-sent events (WHATWG HTML, 9.2): one stream for each watcher, and the hub that sends all of them the pod's
// state when it changes. One text is shared by all who see the same; a watcher that reads slowly gets the newest state,
// never a queue of old ones. Never sends more than four states a second.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace tmplbuild::console {

using SharedText = std::shared_ptr<const std::string>;

// What the server reads from for one watcher. The server sets `wake`; it takes with next() as the watcher takes bytes.
class EventStream {
  public:
    static constexpr std::size_t most_waiting = 256 << 10;  // bytes of lines

    // Replaces a state that has not been taken yet.
    void put_state(SharedText event);
    // Queues; where too much waits already, a note stands for what is left out.
    void put(SharedText event);
    void end();  // after what waits

    SharedText next();  // null: nothing waits
    bool is_ended() const { return ended_ && waiting_.empty() && state_ == nullptr; }
    // The server: something waits. The stream's source: the watcher is gone.
    std::function<void()> wake{}, on_gone{};

  private:
    std::deque<SharedText> waiting_{};
    SharedText state_{};
    std::size_t size_ = 0, left_out_ = 0;
    bool ended_ = false;
};

// "id: 7\nevent: state\ndata: …\n\n"; `data` may have several lines.
std::string event_text(const std::string& name, const std::string& data, const std::string& id = {});

class EventHub {
  public:
    static constexpr std::size_t most_watchers = 256;

    // `text_for` makes the state as somebody sees it who came by `origin`: links differ.
    // `event` is its name.
    EventHub(boost::asio::io_context& context, std::function<std::string(const std::string& origin)> text_for,
             std::string event = "state");

    bool has_room() const { return watchers_.size() < most_watchers; }
    // `last_id` is the client's Last-Event-ID: it gets the state now, unless that is the one it has.
    void add(const std::shared_ptr<EventStream>& stream, const std::string& origin, const std::string& last_id);
    void changed();
    std::size_t watchers() const { return watchers_.size(); }
    std::function<void()> on_watchers{};  // their number changed

  private:
    struct Watcher {
        std::shared_ptr<EventStream> stream;
        std::string origin;
    };
    SharedText event_for(const std::string& origin);
    std::string id() const;
    void push();
    void keep_alive();

    std::function<std::string(const std::string&)> text_for_;
    std::string event_;
    boost::asio::steady_timer push_, comment_;
    std::list<Watcher> watchers_{};
    std::map<std::string, SharedText> texts_{};  // of the present state, by origin
    std::string run_{};                          // tells this run's ids from those before a restart
    std::uint64_t number_ = 1;
    bool pushing_ = false, commenting_ = false;
};

}  // namespace tmplbuild::console
