// SPDX-License-Identifier: Apache-2.0
// The console's password: where it comes from, and the check of what somebody typed. One that a person chose is checked
// by scrypt (RFC 7914) by OpenSSL: 16 MiB and some 40 ms, so callers run it beside the web server, one at a time. One
// that make_password() made cannot be guessed, and is compared at once. Never prints the password.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "sys/kept_folder.hpp"

namespace tmplbuild::console {

using sys::KeptFolder;

// scrypt's cost: N = 2^14, r = 8, p = 1, which is 16 MiB.
class Password {
  public:
    static constexpr std::size_t longest = 1024;  // bytes; a longer one is refused unread

    // Keeps a salt and a hash, or a key and a seal; not the text. An error where OpenSSL or the kernel's random numbers
    // fail.
    static Result<Password> of(std::string_view text);
    bool is_made() const { return !key_.empty(); }  // it has the form of make_password()'s: 130 bits
    // In constant time once the hash is made. Safe to call from another thread than the one that made it.
    bool matches(std::string_view typed) const;
    // A digest over the password that is the same at each start, for Sessions.
    const Digest& mark() const { return mark_; }

  private:
    std::array<std::uint8_t, 16> salt_{};
    std::array<std::uint8_t, 32> hash_{};
    std::string key_{}, seal_{};  // of a made one
    Digest mark_;
};

// Where the password comes from, in this order; see given_password().
enum class PasswordSource {
    console_password,  // CONSOLE_PASSWORD
    jupyter_password,  // JUPYTER_PASSWORD
    volume,            // made at an earlier start, kept on the volume
    made_and_kept,     // made at this start
    made_for_now,      // made at this start, since the volume could not be read or written in time
};
// What a variable with a password means: without line ends at its end, which files and forms add. Blanks alone, and
// "null", which tools write for an unset value, are none.
std::string given_password(std::string_view variable);
constexpr std::size_t short_password = 8;  // one with fewer bytes is soon guessed, and the log says so

// 26 characters of 32 that nobody mistakes for each other: 130 bits. Empty where the kernel gives no random numbers.
std::string make_password();
// Equal texts, in a time that depends on their lengths alone.
bool same_text(std::string_view a, std::string_view b);

// The worker's part, which may hang with the volume: reads the folder's `password`, or makes one and writes it.
struct KeptPassword {
    std::string text;
    bool made = false;
};
Result<KeptPassword> read_or_make_password(const KeptFolder& folder);

}  // namespace tmplbuild::console
