// SPDX-License-Identifier: Apache-2.0
// Who is signed in. A session lives here and nowhere else: a browser holds random tokens, one for each origin, and this
// keeps their digests, so that signing out ends all of them at once. Sessions survive a restart of the console by a
// text that its caller keeps on the pod's own memory, and end with the password that they were made with. Never reads a
// clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "console/policy/origin.hpp"

namespace tmplbuild::console {

using UnixMs = std::int64_t;  // milliseconds since 1970, UTC

class Sessions {
  public:
    static constexpr UnixMs idle_ms = 7LL * 24 * 3'600'000;       // ended when nobody used it this long
    static constexpr UnixMs lifetime_ms = 30LL * 24 * 3'600'000;  // ended in any case
    static constexpr std::size_t at_most = 256;                   // the one used longest ago goes first
    static constexpr std::size_t tokens_at_most = 64;             // of one session, the oldest goes first

    struct Found {
        std::string id;    // of the session, 32 hex digits; not a secret that opens anything
        std::string csrf;  // what the console's own changes have to carry
    };

    // `password_mark` is a digest over the password: sessions of another one are not taken over from `kept`.
    explicit Sessions(const Digest& password_mark) : password_mark_(password_mark) {}
    void take_over(std::string_view kept, UnixMs now);  // what keep() wrote; anything else is ignored
    std::string keep() const;                           // one line of JSON: digests and times

    // A new session with its first token, for `origin`. Empty where the kernel gives no random numbers.
    std::string sign_in(const Origin& origin, UnixMs now);
    // One more token of a session, for another origin; empty when the session is over.
    std::string add(const std::string& session, const Origin& origin, UnixMs now);
    std::optional<Found> find(std::string_view token, const Origin& origin, UnixMs now);
    bool is_alive(const std::string& session, UnixMs now) const;
    // The last moment at which it is alive, if nobody uses it until then. None: there is no such session.
    std::optional<UnixMs> alive_until(const std::string& session) const;
    void sign_out(const std::string& session);
    void sign_out_all();
    std::size_t size() const { return sessions_.size(); }
    // Grows with each change that keep() would show, last uses aside: callers keep the text when it moved.
    std::uint64_t version() const { return version_; }

  private:
    struct Session {
        std::string csrf{};
        UnixMs made = 0, used = 0;
    };
    struct Token {
        std::string session{}, origin{};
        UnixMs made = 0;
    };
    bool is_over(const Session& session, UnixMs now) const;
    void forget_over(UnixMs now);
    void make_room();

    Digest password_mark_;
    std::map<std::string, Session> sessions_;
    std::map<Digest, Token> tokens_;
    std::uint64_t version_ = 0;
};

}  // namespace tmplbuild::console
