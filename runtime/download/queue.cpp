// SPDX-License-Identifier: Apache-2.0
#include "download/queue.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::download {

namespace {

constexpr int most_tries = 10;               // one after the other that bring nothing
constexpr std::size_t longest_reason = 500;  // bytes
constexpr std::int64_t first_pause = 1'000, longest_pause = 60'000;

// A server's words may be long: the record, the pages and people want the beginning.
std::string clipped_words(std::string text) {
    if (text.size() <= longest_reason) return text;
    std::size_t end = longest_reason;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
    return text.substr(0, end) + " …";
}

void say(Item& item, ItemState state, const std::string& reason = {}, const std::string& hint = {}) {
    item.state = state;
    item.reason = clipped_words(reason);
    item.hint = clipped_words(hint);
    if (state != ItemState::running) item.speed = 0;
}

bool is_waiting(const Item& item) { return item.state == ItemState::waiting || item.state == ItemState::stalled; }
bool is_moving(const Item& item) { return item.state == ItemState::running || item.state == ItemState::verifying; }

// One event on its way through the queue.
struct Machine {
    Step step;
    UnixMs now;

    void act(Action::Kind kind, const Item& item = {}) { step.actions.push_back({kind, item}); }
    void keep() {
        for (const Action& action : step.actions)
            if (action.kind == Action::Kind::keep) return;
        act(Action::Kind::keep);
    }
    void refuse(std::string why, std::string hint = {}) {
        if (!step.refused.empty()) return;
        step.refused = std::move(why);
        step.hint = std::move(hint);
    }

    void on(const Added& event);
    void on(const Command& event);
    void on(const Ordered& event);
    void on(const Cleared&);
    void on(const Learned& event);
    void on(const Progressed& event);
    void on(const Ended& event);
    void on(const Ticked&) {}

    bool is_here_otherwise(const Item& item) const;
    void command(Command::Kind kind, Item& item);
    void pause(Item& item, const std::string& reason = {}, const std::string& hint = {});
    void try_again(Item& item, const Outcome& outcome);
    void start_next();
};

void Machine::on(const Added& event) {
    auto& items = step.queue.items;
    for (const Item& item : event.items) items.push_back(item);
    // The oldest of those that are over make room.
    for (auto at = items.begin(); items.size() > most_items && at != items.end();)
        at = at->state == ItemState::done || at->state == ItemState::cancelled ? items.erase(at) : at + 1;
    keep();
}

void Machine::pause(Item& item, const std::string& reason, const std::string& hint) {
    if (item.active) act(Action::Kind::stop, item);
    say(item, ItemState::paused, reason, hint);
    keep();
}

bool Machine::is_here_otherwise(const Item& item) const {
    return std::any_of(step.queue.items.begin(), step.queue.items.end(), [&](const Item& other) {
        return other.id != item.id && !other.is_over() && is_same_file(other, item);
    });
}

void Machine::command(Command::Kind kind, Item& item) {
    switch (kind) {
        case Command::Kind::pause:
            if (is_waiting(item) || is_moving(item)) return pause(item);
            return refuse("it is " + std::string(to_string(item.state)) + ": there is nothing to pause");
        case Command::Kind::resume:
            if (item.state != ItemState::paused)
                return refuse("it is " + std::string(to_string(item.state)) + ", not paused");
            break;
        case Command::Kind::retry:
            if (item.state != ItemState::failed && item.state != ItemState::cancelled && !is_waiting(item))
                return refuse("it is " + std::string(to_string(item.state)) + ": there is nothing to try again");
            if (item.is_over() && is_here_otherwise(item))
                return refuse("the same file is in the queue by another entry", "clear this one");
            break;
        case Command::Kind::cancel:
            if (item.state == ItemState::done || item.state == ItemState::cancelled)
                return refuse("it is " + std::string(to_string(item.state)) + " already");
            act(item.active ? Action::Kind::stop : Action::Kind::remove, item);
            say(item, ItemState::cancelled);
            item.finished = now;
            item.done_bytes = 0;
            if (!item.active) item.part.clear();
            return keep();
    }
    say(item, ItemState::waiting);
    item.tries = 0;
    item.not_before = 0;
    item.finished = 0;
    keep();
}

void Machine::on(const Command& event) {
    if (!event.id.empty()) {
        Item* item = step.queue.find(event.id);
        if (item != nullptr) return command(event.kind, *item);
        step.is_unknown = true;
        return refuse("there is no download with this id");
    }
    for (Item& item : step.queue.items) {
        const bool concerns =
            event.kind == Command::Kind::pause ? is_waiting(item) || is_moving(item) : item.state == ItemState::paused;
        if (concerns) command(event.kind, item);
    }
}

void Machine::on(const Ordered& event) {
    const auto place_of = [&](const Item& item) {
        return std::find(event.ids.begin(), event.ids.end(), item.id) - event.ids.begin();
    };
    for (const std::string& id : event.ids)
        if (step.queue.find(id) == nullptr) {
            step.is_unknown = true;
            return refuse("there is no download with the id '" + id + "'");
        }
    std::stable_sort(step.queue.items.begin(), step.queue.items.end(),
                     [&](const Item& one, const Item& other) { return place_of(one) < place_of(other); });
    keep();
}

void Machine::on(const Cleared&) {
    auto& items = step.queue.items;
    for (const Item& item : items)
        if (item.state == ItemState::failed && !item.active && !item.part.empty()) act(Action::Kind::remove, item);
    std::erase_if(items, [](const Item& item) { return item.is_over() && !item.active; });
    keep();
}

void Machine::on(const Learned& event) {
    Item* item = step.queue.find(event.id);
    if (item == nullptr) return;
    const Facts& facts = event.facts;
    if (!facts.name.empty()) item->name = facts.name;
    if (!facts.sha256.empty()) item->sha256 = facts.sha256;
    if (facts.size) item->size = facts.size;
    if (!facts.url.empty()) item->url = facts.url;
    item->part = facts.part;
    item->guard = facts.guard;
    keep();
}

void Machine::on(const Progressed& event) {
    Item* item = step.queue.find(event.id);
    if (item == nullptr || !is_moving(*item)) return;
    item->state = event.is_verifying ? ItemState::verifying : ItemState::running;
    item->done_bytes = event.done_bytes;
    item->speed = event.is_verifying ? 0 : event.speed;
    if (event.speed != 0) item->reason.clear();
}

void Machine::try_again(Item& item, const Outcome& outcome) {
    item.tries = outcome.went_on ? 1 : item.tries + 1;
    if (item.tries >= most_tries) {
        say(item, ItemState::failed, outcome.reason + "; it was tried " + std::to_string(item.tries) + " times",
            outcome.hint);
        item.finished = now;
        return;
    }
    const bool stalled = outcome.kind == Outcome::Kind::stalled;
    say(item, stalled ? ItemState::stalled : ItemState::waiting, outcome.reason, outcome.hint);
    item.not_before = now + std::max(outcome.wait, pause_after(item.tries));
    if (!outcome.at_host) return;
    for (Item& other : step.queue.items)
        if (is_waiting(other) && host_of(other.url) == host_of(item.url) && other.not_before < item.not_before) {
            other.not_before = item.not_before;
            other.reason = clipped_words(outcome.reason);
            other.hint = clipped_words(outcome.hint);
        }
}

void Machine::on(const Ended& event) {
    Item* item = step.queue.find(event.id);
    if (item == nullptr) return;
    item->active = false;
    const Outcome& outcome = event.outcome;
    keep();
    if (outcome.kind == Outcome::Kind::done) {  // also where a stop came too late
        say(*item, ItemState::done);
        item->finished = now;
        item->part.clear();
        item->tries = 0;
        if (item->size) item->done_bytes = *item->size;
        return;
    }
    if (item->state == ItemState::cancelled) {
        act(Action::Kind::remove, *item);
        item->part.clear();
        return;
    }
    if (!is_moving(*item)) return;  // paused, or resumed, meanwhile
    switch (outcome.kind) {
        case Outcome::Kind::done:
        case Outcome::Kind::stopped:
            return say(*item, ItemState::waiting);
        case Outcome::Kind::again:
        case Outcome::Kind::stalled:
            return try_again(*item, outcome);
        case Outcome::Kind::full: {
            pause(*item, outcome.reason, outcome.hint);
            for (Item& other : step.queue.items)
                if (is_waiting(other) || is_moving(other)) pause(other, outcome.reason, outcome.hint);
            return;
        }
        case Outcome::Kind::failed:
            say(*item, ItemState::failed, outcome.reason, outcome.hint);
            item->finished = now;
            return;
    }
}

void Machine::start_next() {
    auto& items = step.queue.items;
    auto active =
        static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [](const Item& i) { return i.active; }));
    for (Item& item : items) {
        if (active >= most_at_once) return;
        if (!is_waiting(item) || item.active || item.not_before > now) continue;
        say(item, ItemState::running);
        item.active = true;
        ++active;
        act(Action::Kind::start, item);
    }
}

}  // namespace

Item* Queue::find(const std::string& id) {
    for (Item& item : items)
        if (item.id == id) return &item;
    return nullptr;
}
const Item* Queue::find(const std::string& id) const { return const_cast<Queue*>(this)->find(id); }

Step transition(Queue queue, const Event& event, UnixMs now) {
    Machine machine{{.queue = std::move(queue)}, now};
    std::visit([&](const auto& one) { machine.on(one); }, event);
    machine.start_next();
    return std::move(machine.step);
}

UnixMs next_due(const Queue& queue) {
    UnixMs due = 0;
    for (const Item& item : queue.items)
        if (is_waiting(item) && item.not_before != 0 && (due == 0 || item.not_before < due)) due = item.not_before;
    return due;
}

std::int64_t pause_after(int tries) { return std::min(first_pause << std::clamp(tries - 1, 0, 6), longest_pause); }

}  // namespace tmplbuild::download
