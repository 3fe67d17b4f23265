// SPDX-License-Identifier: Apache-2.0
#include "console/access/password.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <span>

#include "base/text.hpp"
#include "console/access/seal.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::uint64_t cost_n = 1U << 14, cost_r = 8, cost_p = 1;
constexpr std::uint64_t memory_at_most = 64ULL << 20;  // OpenSSL refuses more than it is told to

Result<void> scrypt(std::string_view text, std::span<const std::uint8_t> salt, std::span<std::uint8_t> out) {
    if (EVP_PBE_scrypt(text.data(), text.size(), salt.data(), salt.size(), cost_n, cost_r, cost_p, memory_at_most,
                       out.data(), out.size()) != 1)
        return machine_error("OpenSSL cannot compute scrypt: there may not be 16 MiB of memory");
    return {};
}

constexpr std::string_view made_letters = "abcdefghijkmnpqrstuvwxyz23456789";  // without l, o, 0, 1
constexpr const char* password_file = "password";
constexpr std::size_t made_size = 26;
static_assert(made_letters.size() == 32);

bool has_made_form(std::string_view text) {
    return text.size() == made_size && text.find_first_not_of(made_letters) == std::string_view::npos;
}

// Empty where there is no file, or nothing in it that could be a password.
Result<std::string> kept_password(const KeptFolder& folder) {
    const auto read = folder.read(password_file, Password::longest + 2);
    if (!read) return read.error();
    const std::string text(trim(read->value_or("")));
    return text.size() <= Password::longest ? text : std::string();
}

}  // namespace

Result<Password> Password::of(std::string_view text) {
    if (text.empty() || text.size() > longest)
        return usage_error("a password has 1 to " + std::to_string(longest) + " bytes");
    Password password;
    if (has_made_form(text)) {
        password.key_ = sys::random_hex(32);
        password.seal_ = sealed_by(password.key_, text);
        if (password.seal_.empty()) return machine_error("the kernel gives no random numbers");
        password.mark_ = Sha256::of("tmplbuild console sessions " + std::string(text));
        return password;
    }
    if (RAND_bytes(password.salt_.data(), static_cast<int>(password.salt_.size())) != 1)
        return machine_error("OpenSSL has no random numbers");
    if (const auto done = scrypt(text, password.salt_, password.hash_); !done) return done.error();
    // Of a fixed salt, since it is compared at the next start; slow as well, since it may be kept beside sessions.
    constexpr std::string_view fixed = "tmplbuild console sessions";
    std::array<std::uint8_t, 32> mark{};
    if (const auto done = scrypt(text, {reinterpret_cast<const std::uint8_t*>(fixed.data()), fixed.size()}, mark);
        !done)
        return done.error();
    password.mark_ = Digest(mark);
    return password;
}

bool Password::matches(std::string_view typed) const {
    if (typed.size() > longest) return false;
    if (is_made()) return same_text(sealed_by(key_, typed), seal_);
    std::array<std::uint8_t, 32> hash{};
    if (!scrypt(typed, salt_, hash)) return false;
    return CRYPTO_memcmp(hash.data(), hash_.data(), hash.size()) == 0;
}

std::string given_password(std::string_view variable) {
    const std::string_view text = trim(variable);
    if (text.empty() || text == "null") return {};
    return std::string(variable.substr(0, variable.find_last_not_of("\r\n") + 1));
}

std::string make_password() {
    std::array<std::uint8_t, made_size> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
    std::string text;
    for (const std::uint8_t byte : bytes) text += made_letters[byte % made_letters.size()];
    return text;
}

bool same_text(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<KeptPassword> read_or_make_password(const KeptFolder& folder) {
    const auto kept = kept_password(folder);
    if (!kept) return kept.error();
    if (!kept->empty()) return KeptPassword{*kept, false};
    const std::string text = make_password();
    if (text.empty()) return machine_error("OpenSSL has no random numbers");
    // Two pods may share the volume: the first one's password is the one that both have.
    const auto is_first = folder.write_new(password_file, text + "\n");
    if (!is_first) return is_first.error();
    if (*is_first) return KeptPassword{text, true};
    const auto of_another = kept_password(folder);
    if (!of_another) return of_another.error();
    if (!of_another->empty()) return KeptPassword{*of_another, false};
    // The file is empty or damaged.
    if (const auto written = folder.write(password_file, text + "\n"); !written) return written.error();
    return KeptPassword{text, true};
}

}  // namespace tmplbuild::console
