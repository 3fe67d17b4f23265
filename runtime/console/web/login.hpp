// SPDX-License-Identifier: Apache-2.0
// The console's password and its sessions while the program runs: finds the password without waiting for the volume,
// checks typed ones beside the web server, and keeps sessions over a restart of the console. Used by the web server.
// The decisions are console/access's; never prints anything.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "console/access/known_browsers.hpp"
#include "console/access/password.hpp"
#include "console/access/sessions.hpp"
#include "console/access/throttle.hpp"
#include "console/pod/asked_child.hpp"

namespace tmplbuild::console {

struct LoginSettings {
    std::string console_password{}, jupyter_password{};  // the pod's variables; empty: not set
    ChildQuestion volume_worker{};                       // prints {"password":…,"made":…}, or {"error":…}
    std::string own_folder{};  // on the pod's own disk: sessions, and a password where the volume has none
};

class Login {
  public:
    enum class Typed { right, wrong, too_many, not_ready };
    struct Found {
        PasswordSource source = PasswordSource::made_for_now;
        std::string made{};     // a password that was made at this start, to be shown once; else empty
        std::string kept{};     // one that was made at an earlier start, to be hidden in logs; else empty
        bool is_short = false;  // one that a person chose, with fewer than `short_password` bytes
        std::string problem{};  // why the volume's could not be used, or why there is none at all
    };

    Login(boost::asio::io_context& context, LoginSettings settings);
    ~Login();

    // `on_ready` gets the result once, when sign-ins begin to work, or cannot.
    void start(std::function<void(const Found&)> on_ready);
    Sessions* sessions() { return sessions_ ? &*sessions_ : nullptr; }  // null before that
    // Why there will be none: the password could not be prepared. Empty: there is, or will be.
    const std::string& problem() const { return problem_; }
    const KnownBrowsers& browsers() const { return browsers_; }  // knows none before that
    // `done` gets the result later. A made password is compared at once. For one that a person chose there are places
    // to wait in, of their own for browsers that signed in before; where they are full, one of those that wait is sent
    // away by chance. Wrong ones slow down the answers to the next ones, and lock nobody out.
    void check(std::string typed, bool is_known_browser, std::function<void(Typed)> done);
    // To be called when a session was made or ended.
    void keep_sessions();

  private:
    struct Waiting {
        std::string typed;
        std::function<void(Typed)> done;
    };
    using Places = std::deque<Waiting>;
    void use(std::string text, Found found);
    void use_own_folder(Found found);
    void check_next();
    void answer(Waiting asked, bool right);

    boost::asio::io_context& context_;
    LoginSettings settings_;
    boost::asio::thread_pool beside_;  // one thread: one hash at a time
    AskedChild worker_;
    std::function<void(const Found&)> on_ready_{};
    std::shared_ptr<const Password> password_{};
    std::optional<Sessions> sessions_{};
    Throttle throttle_{};
    std::string problem_{};
    KnownBrowsers browsers_{""};
    Places known_{}, others_{};
    std::mt19937 chance_{std::random_device{}()};
    bool checking_ = false;
    std::uint64_t kept_ = 0;
};

}  // namespace tmplbuild::console
