// SPDX-License-Identifier: Apache-2.0
#include "download/crew.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/clock.hpp"

namespace tmplbuild::download {

static constexpr std::size_t most_parts = 6;  // each has a thread and 1.5 MB; others are read again

Crew::Crew(const TransferSettings& settings) : settings_(settings), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Crew::~Crew() {
    for (auto& [id, running] : running_) running->thread.request_stop();
    running_.clear();  // joins
}

void Crew::say(Event event) {
    {
        const std::scoped_lock lock(mutex_);
        said_.push_back(std::move(event));
    }
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
}

void Crew::start(const Item& item, std::optional<std::string> key) {
    auto owned = std::make_unique<Running>();
    Running& running = *owned;
    if (const auto kept = parts_.find(item.id); kept != parts_.end()) {
        running.part = std::move(kept->second);
        parts_.erase(kept);
    }
    running.live.done_bytes = running.last_bytes = item.done_bytes;
    running_[item.id] = std::move(owned);
    running.thread = std::jthread([this, &running, item, key = std::move(key)](const std::stop_token& stop) {
        const TransferCalls calls{[this, &item](const Facts& facts) {
                                      say(Learned{item.id, facts});
                                  },
                                  [] { return sys::in_ms(sys::time_of_day()); }};
        Outcome outcome = run_transfer(item, key, settings_, calls, running.part, running.live, stop);
        say(Ended{item.id, std::move(outcome)});
    });
}

void Crew::stop(const std::string& id) {
    if (const auto found = running_.find(id); found != running_.end()) found->second->thread.request_stop();
}

void Crew::forget(const std::string& id) { parts_.erase(id); }

std::vector<Event> Crew::take() {
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    std::deque<Event> said;
    {
        const std::scoped_lock lock(mutex_);
        said.swap(said_);
    }
    for (const Event& event : said) {
        const auto* ended = std::get_if<Ended>(&event);
        const auto found = ended == nullptr ? running_.end() : running_.find(ended->id);
        if (found == running_.end()) continue;
        found->second->thread.join();
        if (found->second->part && parts_.size() < most_parts) parts_[ended->id] = std::move(found->second->part);
        running_.erase(found);
    }
    return {std::make_move_iterator(said.begin()), std::make_move_iterator(said.end())};
}

std::vector<Progressed> Crew::measure(std::int64_t now_ms) {
    std::vector<Progressed> out;
    for (auto& [id, running] : running_) {
        const std::uint64_t bytes = running->live.done_bytes;
        const std::int64_t span = now_ms - running->last_time;
        if (running->last_time != 0 && span > 0 && bytes >= running->last_bytes) {
            const double present = static_cast<double>(bytes - running->last_bytes) * 1000 / static_cast<double>(span);
            running->speed = running->speed == 0 ? present : running->speed * 0.75 + present * 0.25;
        }
        running->last_bytes = bytes;
        running->last_time = now_ms;
        out.push_back({id, bytes, static_cast<std::uint64_t>(running->speed), running->live.is_verifying});
    }
    return out;
}

}  // namespace tmplbuild::download
