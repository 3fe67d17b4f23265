// SPDX-License-Identifier: Apache-2.0
#include "console/web/events.hpp"

#include "base/text.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {

constexpr std::chrono::milliseconds push_pause{250};
constexpr std::chrono::seconds comment_pause{15};  // RunPod's proxy ends what is silent for 100 s
constexpr std::size_t most_origins = 8;

void EventStream::put_state(SharedText event) {
    if (ended_) return;
    state_ = std::move(event);
    if (wake) wake();
}

void EventStream::put(SharedText event) {
    if (ended_ || event == nullptr) return;
    if (size_ + event->size() > most_waiting) {
        ++left_out_;
        return;
    }
    size_ += event->size();
    waiting_.push_back(std::move(event));
    if (wake) wake();
}

void EventStream::end() {
    ended_ = true;
    if (wake) wake();
}

SharedText EventStream::next() {
    if (!waiting_.empty()) {
        SharedText out = std::move(waiting_.front());
        waiting_.pop_front();
        size_ -= out->size();
        return out;
    }
    if (left_out_ != 0) {
        const std::string note = "(" + std::to_string(left_out_) + " parts were left out: they were not read in time)";
        left_out_ = 0;
        return std::make_shared<const std::string>(event_text("lines", note));
    }
    return std::exchange(state_, nullptr);
}

std::string event_text(const std::string& name, const std::string& data, const std::string& id) {
    std::string out;
    out.reserve(data.size() + 64);
    if (!id.empty()) out += "id: " + id + "\n";
    out += "event: " + name + "\n";
    // A carriage return ends a line of the stream too.
    for (std::string line : split(data, '\n')) {
        std::erase(line, '\r');
        out += "data: " + line + "\n";
    }
    return out + "\n";
}

EventHub::EventHub(boost::asio::io_context& context, std::function<std::string(const std::string&)> text_for,
                   std::string event)
    : text_for_(std::move(text_for)),
      event_(std::move(event)),
      push_(context),
      comment_(context),
      run_(sys::random_hex(4)) {}

std::string EventHub::id() const { return run_ + "-" + std::to_string(number_); }

SharedText EventHub::event_for(const std::string& origin) {
    if (const auto found = texts_.find(origin); found != texts_.end()) return found->second;
    auto text = std::make_shared<const std::string>(event_text(event_, text_for_(origin), id()));
    if (texts_.size() < most_origins) texts_.emplace(origin, text);
    return text;
}

void EventHub::add(const std::shared_ptr<EventStream>& stream, const std::string& origin, const std::string& last_id) {
    watchers_.push_back({stream, origin});
    const auto place = std::prev(watchers_.end());
    stream->on_gone = [this, place] {
        watchers_.erase(place);
        if (on_watchers) on_watchers();
    };
    if (last_id != id()) stream->put_state(event_for(origin));
    if (on_watchers) on_watchers();
    if (!commenting_) keep_alive();
}

// The first change is sent soon, those that follow it at once come together.
void EventHub::changed() {
    if (pushing_) return;
    pushing_ = true;
    push_.expires_after(push_pause);
    push_.async_wait([this](boost::system::error_code error) {
        if (!error) push();
    });
}

void EventHub::push() {
    pushing_ = false;
    ++number_;
    texts_.clear();
    for (const Watcher& watcher : watchers_) watcher.stream->put_state(event_for(watcher.origin));
}

void EventHub::keep_alive() {
    commenting_ = !watchers_.empty();
    if (!commenting_) return;
    comment_.expires_after(comment_pause);
    comment_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        static const SharedText comment = std::make_shared<const std::string>(": here\n\n");
        for (const Watcher& watcher : watchers_) watcher.stream->put(comment);
        keep_alive();
    });
}

}  // namespace tmplbuild::console
