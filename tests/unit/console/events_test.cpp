// SPDX-License-Identifier: Apache-2.0
// Event streams, and the hub that sends the newest state to all who watch.
#include "console/web/events.hpp"

#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

SharedText text(const std::string& content) { return std::make_shared<const std::string>(content); }

}  // namespace

TEST_CASE("an event's data may have lines, and no line can end the event") {
    CHECK(event_text("state", "{}", "a-1") == "id: a-1\nevent: state\ndata: {}\n\n");
    CHECK(event_text("lines", "a\nb\r\n") == "event: lines\ndata: a\ndata: b\ndata: \n\n");
}

TEST_CASE("a watcher that does not read gets the newest state, and a bounded number of lines") {
    EventStream stream;
    int woken = 0;
    stream.wake = [&] { ++woken; };
    stream.put_state(text("old"));
    stream.put_state(text("new"));
    CHECK(woken == 2);
    CHECK(*stream.next() == "new");
    CHECK(stream.next() == nullptr);
    const std::string line(1000, 'x');
    for (int i = 0; i < 1000; ++i) stream.put(text(line));
    std::size_t bytes = 0;
    std::string last;
    while (const SharedText one = stream.next()) {
        bytes += one->size();
        last = *one;
    }
    CHECK(bytes < EventStream::most_waiting + 200);
    CHECK(last.find("parts were left out") != std::string::npos);
    stream.put(text("more"));
    stream.end();
    CHECK_FALSE(stream.is_ended());
    CHECK(*stream.next() == "more");
    CHECK(stream.is_ended());
    stream.put(text("after the end"));
    CHECK(stream.next() == nullptr);
}

TEST_CASE("all who see the same share one text; changes come together") {
    boost::asio::io_context context;
    int made = 0;
    EventHub hub(context, [&](const std::string& origin) { return origin + " " + std::to_string(++made); });
    const auto a = std::make_shared<EventStream>(), b = std::make_shared<EventStream>(),
               c = std::make_shared<EventStream>();
    hub.add(a, "here", "");
    hub.add(b, "here", "");
    hub.add(c, "there", "");
    CHECK(hub.watchers() == 3);
    const SharedText first = a->next();
    CHECK(first.get() == b->next().get());
    CHECK(c->next()->find("there 2") != std::string::npos);
    for (int i = 0; i < 100; ++i) hub.changed();
    context.run_for(std::chrono::milliseconds(400));
    CHECK(made == 4);
    CHECK(a->next()->find("here 3") != std::string::npos);
    CHECK(a->next() == nullptr);
    a->on_gone();
    CHECK(hub.watchers() == 2);
}

TEST_CASE("a client that comes back with the present id gets nothing twice; an older one gets the state") {
    boost::asio::io_context context;
    EventHub hub(context, [](const std::string&) { return "state"; });
    const auto a = std::make_shared<EventStream>(), b = std::make_shared<EventStream>(),
               c = std::make_shared<EventStream>();
    hub.add(a, "here", "");
    const std::string event = *a->next();
    const std::string id = event.substr(4, event.find('\n') - 4);
    hub.add(b, "here", id);
    CHECK(b->next() == nullptr);
    hub.changed();
    context.run_for(std::chrono::milliseconds(400));
    hub.add(c, "here", id);
    CHECK(c->next() != nullptr);
}

}  // namespace tmplbuild::console
