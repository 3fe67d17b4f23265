// SPDX-License-Identifier: Apache-2.0
#include "download/worker.hpp"

#include <poll.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "download/crew.hpp"
#include "download/order.hpp"
#include "download/record.hpp"
#include "sys/clock.hpp"
#include "sys/kept_folder.hpp"
#include "sys/random.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::int64_t state_pause = 500, alive_pause = 2'000, open_pause = 2'000, figures_pause = 5'000;
constexpr std::size_t longest_line = 1 << 20, most_orders = 200;
constexpr std::uint64_t no_volume_is_larger = 100ULL << 40;  // a network volume shows its whole cluster
constexpr const char* record_name = "queue.json";
constexpr const char* keys_name = "keys.json";

class Worker {
  public:
    Worker(const WorkerSettings& settings, int input, int output)
        : settings_(settings), keys_(settings.variable), crew_(settings_.transfer), input_(input), output_(output) {}

    int run();

  private:
    void open_record();
    bool read_commands();
    void obey(std::string_view line);
    json::object answer(const json::object& command);
    json::object add(const json::object& command);
    json::object change_key(const std::string& what, const json::object& command);
    json::object apply(const Event& event, const char* done);
    void act(const Action& action);
    void remove_part(const Item& item);
    void keep();
    void tell_state();
    json::object volume_figures();
    bool say(const json::object& line);
    int wait_time() const;

    WorkerSettings settings_;
    Keys keys_;
    Crew crew_;
    int input_, output_;
    Queue queue_{};
    std::optional<sys::KeptFolder> folder_{};
    std::optional<sys::Fd> lock_{};
    std::string off_{"the volume was not opened yet"}, problem_{}, pending_{}, told_{};
    json::object figures_{};
    bool must_keep_ = false, must_tell_ = true, skips_line_ = false, gone_ = false;
    std::int64_t told_at_ = 0, said_at_ = 0, tried_at_ = -open_pause, figures_at_ = -figures_pause, measured_at_ = 0;
};

json::object refusal(int status, const std::string& why, const std::string& hint = {}) {
    return {{"refused", why}, {"hint", hint}, {"status", status}};
}

UnixMs unix_now() { return sys::in_ms(sys::time_of_day()); }

void Worker::open_record() {
    tried_at_ = sys::monotonic_ms();
    const auto stay_off = [&](const std::string& why) {
        must_tell_ = must_tell_ || off_ != why;
        off_ = why;
    };
    const std::string& volume = settings_.transfer.roots.volume;
    if (::access(volume.c_str(), X_OK) != 0) return stay_off("there is no volume at " + volume);
    auto folder = sys::KeptFolder::open(volume, {".tmplbuild", "downloads"});
    if (!folder) return stay_off(folder.error().message);
    auto lock = folder->try_lock();
    if (!lock) return stay_off(lock.error().message);
    if (!*lock) return stay_off("another pod that shares this volume has its downloads");
    const auto record = folder->read(record_name, longest_record);
    if (!record) return stay_off(record.error().message);
    if (*record) {
        auto queue = read_record(**record);
        if (!queue)
            problem_ = "the queue that was kept cannot be read, and lies aside as queue.json.damaged: " +
                       queue.error().message;
        else if (queue->left_out != 0)
            problem_ = std::to_string(queue->left_out) +
                       " of the downloads that were kept cannot be read, and lie aside in queue.json.damaged";
        if (!problem_.empty()) (void)folder->write(std::string(record_name) + ".damaged", **record);
        if (queue) queue_ = std::move(*queue);
    }
    if (const auto kept = folder->read(keys_name, 64 << 10); kept && *kept) (void)keys_.take_over(**kept);
    folder_ = std::move(*folder);
    lock_ = std::move(**lock);
    off_.clear();
    must_tell_ = true;
    apply(Ticked{}, "");
}

void Worker::keep() {
    must_keep_ = false;
    const auto written = folder_->write(record_name, write_record(queue_));
    const std::string problem = written ? "" : "the queue cannot be kept on the volume: " + written.error().message;
    must_tell_ = must_tell_ || problem != problem_;
    if (written || problem_.empty() || problem_.starts_with("the queue cannot")) problem_ = problem;
}

void Worker::remove_part(const Item& item) {
    crew_.forget(item.id);
    if (item.part.empty()) return;
    if (const auto place = Place::open(settings_.transfer.roots, item.to)) place->remove(item.part);
}

void Worker::act(const Action& action) {
    switch (action.kind) {
        case Action::Kind::start:
            return crew_.start(action.item, keys_.of(hub_of(action.item.url, settings_.transfer.endpoints)));
        case Action::Kind::stop:
            return crew_.stop(action.item.id);
        case Action::Kind::remove:
            return remove_part(action.item);
        case Action::Kind::keep:
            must_keep_ = true;
            return;
    }
}

json::object Worker::apply(const Event& event, const char* done) {
    Step step = transition(std::move(queue_), event, unix_now());
    queue_ = std::move(step.queue);
    for (const Action& action : step.actions) act(action);
    if (!std::holds_alternative<Ticked>(event)) must_tell_ = true;
    if (!step.refused.empty()) return refusal(step.is_unknown ? 404 : 409, step.refused, step.hint);
    return {{"done", done}};
}

json::object Worker::add(const json::object& command) {
    const auto orders = json::get_array(command, "items");
    if (!orders) return refusal(400, "there is no list \"items\"");
    if ((*orders)->size() > most_orders) return refusal(400, "at most 200 can be added at once");
    Added event;
    json::array ids, errors;
    const auto complain = [&](const json::value& order, const char* kind, const std::string& why,
                              const std::string& hint) {
        const json::object* object = order.if_object();
        errors.push_back(json::object{{"url", object == nullptr ? "" : shown_url(json::string_or(*object, "url", ""))},
                                      {"error", why},
                                      {"hint", hint},
                                      {"kind", kind}});
    };
    for (const json::value& order : **orders) {
        auto item = read_order(order, settings_.transfer.roots, settings_.transfer.endpoints);
        if (!item) {
            complain(order, "wrong", item.error().message, item.error().hint);
            continue;
        }
        // What failed goes on where it was, with what is here of it.
        const auto failed = std::find_if(queue_.items.begin(), queue_.items.end(), [&](const Item& other) {
            return other.state == ItemState::failed && is_same_file(other, *item) &&
                   (other.url == item->url ||
                    other.url == pinned_url(item->url, other.guard.commit, settings_.transfer.endpoints));
        });
        if (failed != queue_.items.end()) {
            const std::string id = failed->id;
            const json::object done = apply(download::Command{download::Command::Kind::retry, id}, "");
            if (done.contains("refused"))
                complain(order, "queued", "it is in the queue already", "");
            else
                ids.emplace_back(id);
            continue;
        }
        const auto is_taken = [&](const Item& other) { return !other.is_over() && is_same_file(other, *item); };
        if (std::any_of(queue_.items.begin(), queue_.items.end(), is_taken) ||
            std::any_of(event.items.begin(), event.items.end(), is_taken)) {
            complain(order, "queued", "it is in the queue already", "");
            continue;
        }
        const auto place = Place::open(settings_.transfer.roots, item->to);
        const auto has = !place               ? Result<bool>(place.error())
                         : item->name.empty() ? Result<bool>(false)
                                              : place->has(item->name);
        if (!has) {
            complain(order, "wrong", has.error().message, has.error().hint);
            continue;
        }
        if (*has) {
            complain(order, "exists", "there is a file of this name already: " + place->path() + "/" + item->name,
                     "move or delete it, or download under another name");
            continue;
        }
        item->id = sys::random_hex(6);
        item->added = unix_now();
        ids.emplace_back(item->id);
        event.items.push_back(std::move(*item));
    }
    const auto over = [](const Item& item) {
        return item.state == ItemState::done || item.state == ItemState::cancelled;
    };
    const auto staying =
        queue_.items.size() - static_cast<std::size_t>(std::count_if(queue_.items.begin(), queue_.items.end(), over));
    if (staying + event.items.size() > most_items)
        return refusal(409, "the queue has room for 500 downloads", "clear those that are over");
    if (!event.items.empty()) apply(event, "");
    return {{"ids", std::move(ids)}, {"errors", std::move(errors)}};
}

json::object Worker::change_key(const std::string& what, const json::object& command) {
    const auto hub = hub_named(json::string_or(command, "name", ""));
    if (!hub) return refusal(404, "there are keys of 'huggingface' and 'civitai' alone");
    if (what == "set-key") {
        const auto entered = keys_.enter(*hub, json::string_or(command, "key", ""));
        if (!entered) return refusal(400, entered.error().message, entered.error().hint);
    } else if (!keys_.withdraw(*hub)) {
        return refusal(404, "no key was entered here", "one of the pod's environment is removed in the pod's settings");
    }
    must_tell_ = true;
    const auto kept = folder_->write(keys_name, keys_.keep());
    if (!kept) return refusal(503, "it holds until the console ends, and could not be kept: " + kept.error().message);
    return {{"done", what == "set-key" ? "kept" : "withdrawn"}};
}

json::object Worker::answer(const json::object& command) {
    const std::string what = json::string_or(command, "do", ""), id = json::string_or(command, "id", "");
    if (!folder_) return refusal(503, off_);
    using Kind = download::Command::Kind;
    using Named = std::pair<const char*, Kind>;
    for (const auto& [name, kind] : {Named{"pause", Kind::pause}, Named{"resume", Kind::resume},
                                     Named{"cancel", Kind::cancel}, Named{"retry", Kind::retry}})
        if (what == name) {
            if (id.empty() && kind != Kind::pause && kind != Kind::resume) return refusal(400, "no download is said");
            return apply(download::Command{kind, id}, name);
        }
    if (what == "add") return add(command);
    if (what == "clear") return apply(Cleared{}, "cleared");
    if (what == "set-key" || what == "withdraw-key") return change_key(what, command);
    if (what != "order") return refusal(400, "there is no such command");
    const auto ids = json::get_array(command, "ids");
    if (!ids || (*ids)->size() > most_items) return refusal(400, "there is no list \"ids\"");
    Ordered order;
    for (const json::value& one : **ids) {
        if (!one.is_string()) return refusal(400, "an id is a text");
        order.ids.emplace_back(one.get_string());
    }
    return apply(order, "ordered");
}

void Worker::obey(std::string_view line) {
    const auto value = json::parse(line, "a command");
    const json::object* command = value ? value->if_object() : nullptr;
    if (command == nullptr) return;
    json::object out = answer(*command);
    // What was said to be done is on the volume by then.
    if (must_keep_ && folder_) keep();
    out["answer"] = json::int_or(*command, "request", 0);
    say(out);
}

bool Worker::read_commands() {
    std::array<char, 65536> part{};
    const ssize_t got = ::read(input_, part.data(), part.size());
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got == 0) return false;
    pending_.append(part.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = pending_.find('\n')) != std::string::npos;) {
        if (!skips_line_) obey(std::string_view(pending_).substr(0, end));
        skips_line_ = false;
        pending_.erase(0, end + 1);
    }
    if (pending_.size() > longest_line) {
        skips_line_ = true;
        pending_.clear();
    }
    return true;
}

bool Worker::say(const json::object& line) {
    said_at_ = sys::monotonic_ms();
    const std::string text = json::compact(line) + "\n";
    gone_ = gone_ || !sys::write_all(output_, sys::as_bytes(text), "the console");
    return !gone_;
}

json::object Worker::volume_figures() {
    const std::int64_t now = sys::monotonic_ms();
    if (now - figures_at_ < figures_pause) return figures_;
    figures_at_ = now;
    figures_ = {{"free_bytes", nullptr}, {"total_bytes", nullptr}, {"source", ""}};
    struct statvfs found {};
    if (::statvfs(settings_.transfer.roots.volume.c_str(), &found) != 0) return figures_;
    const std::uint64_t block = found.f_frsize, total = block * found.f_blocks;
    figures_["source"] = total > no_volume_is_larger ? "cluster" : "file system";
    if (total > no_volume_is_larger) return figures_;
    figures_["free_bytes"] = block * found.f_bavail;
    figures_["total_bytes"] = total;
    return figures_;
}

void Worker::tell_state() {
    must_tell_ = false;
    told_at_ = sys::monotonic_ms();
    json::array items;
    for (const Item& item : queue_.items) items.push_back(to_view(item, settings_.transfer.roots.of(item.to.root)));
    json::object state{{"state", off_.empty() ? "ok" : "off"},
                       {"reason", off_.empty() ? problem_ : off_},
                       {"active_limit", most_at_once},
                       {"volume", volume_figures()},
                       {"items", std::move(items)}};
    say({{"state", std::move(state)}, {"keys", keys_.view()}});
}

int Worker::wait_time() const {
    const std::int64_t now = sys::monotonic_ms();
    std::int64_t until = said_at_ + alive_pause;
    if (must_tell_) until = std::min(until, told_at_ + state_pause);
    if (!folder_) until = std::min(until, tried_at_ + open_pause);
    if (!crew_.is_empty()) until = std::min(until, measured_at_ + state_pause);
    if (const UnixMs due = next_due(queue_); due != 0 && folder_) {
        const UnixMs left = due - unix_now();
        if (left > 0) until = std::min(until, now + left);
    }
    return static_cast<int>(std::clamp<std::int64_t>(until - now, 0, alive_pause));
}

int Worker::run() {
    while (!gone_) {
        const std::int64_t now = sys::monotonic_ms();
        if (!folder_ && now - tried_at_ >= open_pause) open_record();
        if (folder_) apply(Ticked{}, "");
        if (!crew_.is_empty() && now - measured_at_ >= state_pause) {
            measured_at_ = now;
            for (const Progressed& progressed : crew_.measure(now)) apply(progressed, "");
        }
        if (must_keep_ && folder_) keep();
        if (must_tell_ && sys::monotonic_ms() - told_at_ >= state_pause) tell_state();
        if (sys::monotonic_ms() - said_at_ >= alive_pause) say({{"alive", true}});
        std::array<pollfd, 2> ready{{{input_, POLLIN, 0}, {crew_.wakes(), POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), wait_time()) < 0 && errno != EINTR) return 1;
        if (ready[1].revents != 0)
            for (const Event& event : crew_.take()) apply(event, "");
        if (ready[0].revents != 0 && !read_commands()) break;
    }
    if (must_keep_ && folder_) keep();
    return 0;
}

}  // namespace

int run_worker(const WorkerSettings& settings, int input, int output) { return Worker(settings, input, output).run(); }

}  // namespace tmplbuild::download
