// SPDX-License-Identifier: Apache-2.0
// The console's end of the control socket: keeps the launcher's latest snapshot, says whether the launcher is there,
// gone or silent, passes commands on, and reads and follows logs. Used by the web server. Never waits, and decides
// nothing about the pod.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "console/pod/control_line.hpp"
#include "console/pod/pod_view.hpp"

namespace tmplbuild::console {

class LauncherClient {
  public:
    struct Pauses {
        std::chrono::milliseconds again{500};         // between two tries to connect
        std::chrono::milliseconds answer{3'000};      // silence of this length after a question is hanging
        std::chrono::milliseconds look{2'000};        // between two questions while somebody watches
        std::chrono::milliseconds look_idle{15'000};  // and while nobody does
    };
    enum class Missing { no_launcher, silent, refused };  // why there is no answer
    struct Answer {
        std::optional<Missing> missing{};
        std::string text{};      // what was done, the log's lines, or why there is no answer
        std::string older_in{};  // a log: the file that has older lines
    };
    using OnAnswer = std::function<void(const Answer&)>;

    LauncherClient(boost::asio::io_context& context, std::vector<std::string> folders, Pauses pauses);
    LauncherClient(boost::asio::io_context& context, std::vector<std::string> folders)
        : LauncherClient(context, std::move(folders), Pauses()) {}

    void start();
    // Called when the snapshot or the state differ from before, apart from the time.
    std::function<void()> on_change{};
    const status::Snapshot* snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }
    const LauncherState& state() const { return state_; }
    // Whether somebody looks at the pod now: then a launcher that hangs is found soon.
    void set_watched(bool watched);

    void ask(const control::Request& request, OnAnswer on_answer);

    // Follows a log until `close` of the line that it returns; none where the launcher is not there.
    struct Follower {
        std::function<void(const std::string& lines)> on_lines;
        std::function<void(const std::string& why)> on_end;
    };
    std::shared_ptr<ControlLine> follow(const std::string& name, std::size_t lines, Follower follower);

  private:
    void connect();
    void connect_later();
    void take(std::string_view line);
    void lost(const std::string& why);
    void look_later();
    void look();
    void enter(LauncherState::Kind kind, const std::string& reason);

    boost::asio::io_context& context_;
    std::vector<std::string> folders_;
    Pauses pauses_;
    std::shared_ptr<ControlLine> line_{};
    boost::asio::steady_timer again_, look_;
    std::optional<status::Snapshot> snapshot_{};
    std::string text_{};  // the latest snapshot's, up to its time
    LauncherState state_{};
    bool watched_ = false, asked_ = false;  // asked_: a question has no answer yet
};

}  // namespace tmplbuild::console
