// SPDX-License-Identifier: Apache-2.0
// The HTTP server on the console's Unix socket (Boost.Beast): accepts the gateway's connections, bounds what a request
// may be, sends answers and event streams. Takes requests of this user, of root and of the gateway's user alone. Knows
// no address of the console.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "console/web/answer.hpp"
#include "console/web/request.hpp"

namespace tmplbuild::console {

class Server {
  public:
    // One more ends the connection of whoever has been silent, or taking an answer, for longest. Who waits for an
    // answer and who watches events keeps its place.
    static constexpr std::size_t most_connections = 1024;

    using Handler = std::function<void(Request, Respond)>;
    // Whether the handler decides on the request's head alone, with an empty body: the body then stays on the
    // connection, for whom the answer's hand_over gives it to.
    using LeavesBody = std::function<bool(const Request&)>;
    Server(boost::asio::io_context& context, Handler handler, LeavesBody leaves_body = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens at `path`; whatever was there before is replaced.
    Result<void> open(const std::string& path);
    void close();  // takes nobody any more; who is here is still answered

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tmplbuild::console
