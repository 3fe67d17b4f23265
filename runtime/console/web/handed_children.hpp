// SPDX-License-Identifier: Apache-2.0
// Workers that get a client's connection: a process for one request, which does blocking work on the volume, answers on
// the connection itself and ends. A worker that is silent for its deadline is killed, and its client is answered here:
// so a frozen volume costs one process and no one else's time. Used by the routes that routes.cpp marks as handed over.
// Never touches the volume.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "console/web/handed_connection.hpp"
#include "console/web/handed_facts.hpp"

namespace tmplbuild::console {

// Which worker takes a route's connections, and what sort of work it does. A sort cannot take every place.
struct HandedTo {
    const char* worker = nullptr;  // null: the web process answers itself
    const char* kind = "";
};

struct HandedSettings {
    std::vector<std::string> command{};  // the worker's name is its last argument
    std::vector<std::string> environment{};
    std::chrono::milliseconds deadline{10'000};        // from one word of the worker to the next
    std::chrono::milliseconds long_deadline{120'000};  // after it said that its next step may take long
    std::size_t most = 32, most_of_kind = 24;          // those that cannot be killed yet count, too
};

class HandedChildren {
  public:
    HandedChildren(boost::asio::io_context& context, HandedSettings settings);
    ~HandedChildren();  // ends all of them
    HandedChildren(const HandedChildren&) = delete;
    HandedChildren& operator=(const HandedChildren&) = delete;

    bool has_room(const HandedTo& to) const;
    // Starts a worker for the connection. Whatever goes wrong, the client is answered.
    void start(const HandedTo& to, HandedConnection connection, HandedFacts facts);
    std::size_t running() const;

  private:
    struct State;
    struct Child;
    std::shared_ptr<State> state_;
};

}  // namespace tmplbuild::console
