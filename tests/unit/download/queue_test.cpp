// SPDX-License-Identifier: Apache-2.0
// The queue's state machine, and what survives a restart.
#include "download/queue.hpp"

#include "download/record.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::download;

namespace {

constexpr UnixMs start = 1'000'000;

Item item_named(const std::string& id, ItemState state = ItemState::waiting) {
    Item item;
    item.id = id;
    item.url = "https://" + id.substr(0, 1) + ".example/" + id + "?signature=secret";
    item.name = id + ".safetensors";
    item.to.folder = item.asked = "loras";
    item.state = state;
    return item;
}

// A queue with what was done to it written down: "start a, keep".
struct Told {
    Queue queue{};
    UnixMs now = start;
    std::string refused{}, done{};

    Told& operator()(const Event& event) {
        Step step = transition(std::move(queue), event, now);
        queue = std::move(step.queue);
        refused = step.refused;
        done.clear();
        for (const Action& action : step.actions) {
            static constexpr std::array words{"start", "stop", "remove", "keep"};
            if (action.kind == Action::Kind::keep) continue;
            done += (done.empty() ? "" : ", ") + std::string(words[static_cast<std::size_t>(action.kind)]) + " " +
                    action.item.id;
        }
        return *this;
    }
    std::string states() const {
        std::string out;
        for (const Item& item : queue.items)
            out += (out.empty() ? "" : " ") + item.id + ":" + std::string(to_string(item.state));
        return out;
    }
};

Told with(std::initializer_list<const char*> ids) {
    Told told;
    Added added;
    for (const char* id : ids) added.items.push_back(item_named(id));
    told(added);
    return told;
}

Outcome outcome(Outcome::Kind kind, const std::string& reason = "why") { return {.kind = kind, .reason = reason}; }
using Kind = Command::Kind;

}  // namespace

TEST_CASE("three downloads run at once, the others in their order") {
    Told told = with({"a", "b", "c", "d", "e"});
    CHECK(told.done == "start a, start b, start c");
    CHECK(told(Ticked{}).done.empty());
    CHECK(told(Ordered{{"e", "d"}}).done.empty());
    CHECK(told.states() == "e:waiting d:waiting a:running b:running c:running");
    CHECK(told(Ended{"b", outcome(Outcome::Kind::done)}).done == "start e");
    CHECK(told(Ordered{{"nobody"}}).refused == "there is no download with the id 'nobody'");
}

TEST_CASE("commands and ends take each state to the one that the table says") {
    using Want = std::pair<const char*, const char*>;  // what is done, and the state afterwards
    struct Row {
        ItemState state;
        bool active;
        Event event;
        Want want;
    };
    const auto command = [](Kind kind) { return Event(Command{kind, "a"}); };
    const auto end = [](Outcome::Kind kind) { return Event(Ended{"a", outcome(kind)}); };
    using S = ItemState;
    using O = Outcome::Kind;
    const std::vector<Row> rows{
        {S::running, true, command(Kind::pause), {"stop a", "paused"}},
        {S::verifying, true, command(Kind::pause), {"stop a", "paused"}},
        {S::stalled, false, command(Kind::pause), {"", "paused"}},
        {S::paused, false, command(Kind::pause), {"refused", "paused"}},
        {S::done, false, command(Kind::pause), {"refused", "done"}},
        {S::failed, false, command(Kind::pause), {"refused", "failed"}},
        {S::paused, false, command(Kind::resume), {"start a", "running"}},
        {S::paused, true, command(Kind::resume), {"", "waiting"}},  // its transfer still ends
        {S::running, true, command(Kind::resume), {"refused", "running"}},
        {S::failed, false, command(Kind::resume), {"refused", "failed"}},
        {S::failed, false, command(Kind::retry), {"start a", "running"}},
        {S::cancelled, false, command(Kind::retry), {"start a", "running"}},
        {S::stalled, false, command(Kind::retry), {"start a", "running"}},
        {S::done, false, command(Kind::retry), {"refused", "done"}},
        {S::running, true, command(Kind::retry), {"refused", "running"}},
        {S::running, true, command(Kind::cancel), {"stop a", "cancelled"}},
        {S::paused, false, command(Kind::cancel), {"remove a", "cancelled"}},
        {S::failed, false, command(Kind::cancel), {"remove a", "cancelled"}},
        {S::done, false, command(Kind::cancel), {"refused", "done"}},
        {S::running, true, end(O::done), {"", "done"}},
        {S::running, true, end(O::failed), {"", "failed"}},
        {S::running, true, end(O::full), {"", "paused"}},
        {S::running, true, end(O::stalled), {"", "stalled"}},
        {S::running, true, end(O::again), {"", "waiting"}},
        {S::running, true, end(O::stopped), {"start a", "running"}},
        {S::paused, true, end(O::stopped), {"", "paused"}},
        {S::paused, true, end(O::failed), {"", "paused"}},
        {S::paused, true, end(O::done), {"", "done"}},  // the stop came too late
        {S::waiting, true, end(O::stopped), {"start a", "running"}},
        {S::cancelled, true, end(O::stopped), {"remove a", "cancelled"}},
        {S::cancelled, true, end(O::failed), {"remove a", "cancelled"}},
        {S::running, true, Progressed{"a", 5, 1, true}, {"", "verifying"}},
        {S::paused, true, Progressed{"a", 5, 1, false}, {"", "paused"}},
        {S::failed, false, Cleared{}, {"remove a", ""}},
        {S::done, false, Cleared{}, {"", ""}},
        {S::cancelled, true, Cleared{}, {"", "cancelled"}},
        {S::paused, false, Cleared{}, {"", "paused"}},
    };
    for (const Row& row : rows) {
        Told told;
        told.queue.items.push_back(item_named("a", row.state));
        told.queue.items[0].active = row.active;
        told.queue.items[0].part = "a.safetensors.tmplbuild-part";
        told(row.event);
        INFO(to_string(row.state) << ", event " << row.event.index() << ": " << told.refused);
        CHECK((told.refused.empty() ? told.done : "refused") == row.want.first);
        CHECK(told.states() == (*row.want.second == '\0' ? "" : std::string("a:") + row.want.second));
    }
}

TEST_CASE("a try that brings nothing makes the next wait longer, and the tenth ends it") {
    Told told = with({"a"});
    std::vector<UnixMs> pauses;
    for (int i = 1; i < 10; ++i) {
        told(Ended{"a", outcome(Outcome::Kind::again)});
        REQUIRE(told.states() == "a:waiting");
        pauses.push_back(next_due(told.queue) - told.now);
        CHECK(told(Ticked{}).done.empty());
        told.now = next_due(told.queue);
        CHECK(told(Ticked{}).done == "start a");
    }
    CHECK(pauses == std::vector<UnixMs>{1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000});
    told(Ended{"a", outcome(Outcome::Kind::again)});
    CHECK(told.states() == "a:failed");
    CHECK(told.queue.items[0].reason == "why; it was tried 10 times");
    // One that brought bytes begins the count anew.
    told(Command{Kind::retry, "a"});
    for (int i = 0; i < 30; ++i) {
        Outcome cut = outcome(Outcome::Kind::again);
        cut.went_on = true;
        told(Ended{"a", cut});
        CHECK(next_due(told.queue) - told.now == 1000);
        told.now += 1000;
        CHECK(told(Ticked{}).done == "start a");
    }
}

TEST_CASE("a host that asks to wait is left alone by all that wait for it") {
    Told told = with({"a1", "b", "c", "a2", "d"});
    Outcome limited = outcome(Outcome::Kind::again, "it takes no more");
    limited.wait = 120'000;
    limited.at_host = true;
    told(Ended{"a1", limited});
    CHECK(told.done == "start d");  // not a2
    CHECK(told.queue.find("a2")->not_before == start + 120'000);
    CHECK(told.queue.find("a2")->reason == "it takes no more");
    told.now += 120'000;
    told(Ended{"b", outcome(Outcome::Kind::done)});
    CHECK(told.done == "start a1");
}

TEST_CASE("a full volume pauses all, and resume goes on with all") {
    Told told = with({"a", "b", "c", "d"});
    told(Ended{"a", outcome(Outcome::Kind::full, "the volume is full")});
    CHECK(told.states() == "a:paused b:paused c:paused d:paused");
    CHECK(told.done == "stop b, stop c");
    CHECK(told.queue.find("d")->reason == "the volume is full");
    told(Command{Kind::resume, ""});
    CHECK(told.states() == "a:running b:waiting c:waiting d:waiting");
    told(Ended{"b", outcome(Outcome::Kind::stopped)});
    CHECK(told.done == "start b");
    told(Command{Kind::pause, ""});
    CHECK(told.states() == "a:paused b:paused c:paused d:paused");
}

TEST_CASE("the record keeps what a restart needs, and what moved waits for its turn") {
    Told told = with({"a", "b", "c", "d"});
    told(Command{Kind::pause, "b"});
    Facts facts{.name = "other.gguf", .sha256 = std::string(64, 'a'), .part = "other.gguf.tmplbuild-part", .size = 12};
    facts.guard = {.commit = "c", .tag = "t", .size = 12, .boot = "b"};
    told(Learned{"a", facts});
    told(Ended{"c", outcome(Outcome::Kind::stalled)});
    const auto read = read_record(write_record(told.queue));
    REQUIRE(read);
    CHECK(Told{*read}.states() == "a:waiting b:paused c:stalled d:waiting");
    const Item& item = read->items[0];
    CHECK(item.name == "other.gguf");
    CHECK(item.guard == facts.guard);
    CHECK(item.url == "https://a.example/a?signature=secret");
    CHECK(write_record(*read) == write_record(*read_record(write_record(*read))));
    CHECK(json::compact(to_view(item, "/m")).find("secret") == std::string::npos);
}

TEST_CASE("a record that is none is refused in words") {
    const std::string good = write_record(with({"a"}).queue);
    REQUIRE(read_record(good));
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const std::string& bad : {std::string(), std::string("[]"), changed("\"version\":1", "\"version\":2"),
                                   good.substr(0, good.size() / 2)}) {
        const auto read = read_record(bad);
        INFO(bad);
        REQUIRE_FALSE(read);
        CHECK_FALSE(read.error().message.empty());
    }
}

TEST_CASE("one download that cannot be read costs the others nothing") {
    const std::string good = write_record(with({"a", "b"}).queue);
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    const std::string too_long = "\"reason\":\"" + std::string(9'000, 'a') + "\"";
    for (const std::string& bad :
         {changed("\"running\"", "\"flying\""), changed("\"id\":\"a\"", "\"id\":\"\""),
          changed("\"id\":\"a\"", "\"id\":1"), changed("\"id\":\"a\"", "\"id\":\"b\""),
          changed("\"part\":\"\"", "\"part\":\"../x\""), changed("\"reason\":\"\"", too_long)}) {
        const auto read = read_record(bad);
        INFO(bad);
        REQUIRE(read);
        CHECK(read->items.size() == 1);
        CHECK(read->left_out == 1);
    }
}

TEST_CASE("a server's long words are kept short, so that the record can be read again") {
    Told told = with({"a"});
    std::string words(499, 'a');
    for (int i = 0; i < 5'000; ++i) words += "é";
    told(Ended{"a", outcome(Outcome::Kind::failed, words)});
    CHECK(told.queue.items[0].reason == std::string(499, 'a') + " …");
    const auto read = read_record(write_record(told.queue));
    REQUIRE(read);
    CHECK(read->left_out == 0);
}

TEST_CASE("what is in the queue by another entry is not tried again beside it") {
    Told told = with({"a"});
    told(Command{Kind::cancel, "a"});
    told(Ended{"a", outcome(Outcome::Kind::stopped)});
    Added again;
    again.items.push_back(item_named("a"));
    again.items.back().id = "b";
    told(again);
    told(Command{Kind::retry, "a"});
    CHECK(told.refused == "the same file is in the queue by another entry");
    CHECK(told.states() == "a:cancelled b:running");
    told(Command{Kind::cancel, "b"});
    told(Command{Kind::retry, "a"});
    CHECK(told.refused.empty());
}
