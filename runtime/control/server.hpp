// SPDX-License-Identifier: Apache-2.0
// The launcher's end of the control socket. Never blocks, and keeps a bounded amount of data for each of a bounded
// number of clients: one that does not read gets fewer snapshots, one that breaks the protocol gets an error and is
// disconnected. Decides nothing: the supervisor answers. Used by the supervisor.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "control/request.hpp"
#include "loop/poller.hpp"
#include "podlog/outlet.hpp"

namespace tmplbuild::control {

class Server {
  public:
    struct LogLines {
        std::string text{};
        std::string older_in{};  // a file with requested lines that are no longer in memory; empty: there are none
    };
    struct Answers {
        std::function<std::string()> snapshot;                       // one line of JSON
        std::function<Result<LogLines>(const Request&)> log;         // the last lines of request.name
        std::function<Result<std::string>(const Request&)> command;  // what was done, for people
    };
    Server(launch::Poller& poller, Answers answers);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Makes the folder where it is missing and listens there, for this user alone. An error says why it could not.
    Result<void> open(const std::string& folder);
    bool is_open() const { return listener_ >= 0; }
    const std::string& path() const { return path_; }

    void changed();                                                  // the snapshot changed: subscribers get it soon
    void lines(const std::string& service, std::string_view block);  // for clients that follow that log
    launch::Time next_due() const;
    void tick(launch::Time now);

  private:
    struct Client;
    void on_connection();
    void take(int fd);
    void on_input(Client& client);
    bool take_line(Client& client, std::string_view line);
    void push(Client& client, const std::string& text);
    void refuse(Client& client, const std::string& why);
    void leave(Client& client);
    void forget_ended();
    void make_room();

    launch::Poller& poller_;
    Answers answers_;
    int listener_ = -1;
    std::string path_;
    std::list<Client> clients_;
    std::string pushed_;  // the latest
    launch::Time push_at_ = launch::never, listen_at_ = launch::never;
};

}  // namespace tmplbuild::control
