// SPDX-License-Identifier: Apache-2.0
#include "resolve/hash_pins.hpp"

#include <algorithm>

#include "base/named_hash.hpp"
#include "base/python_text.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace {

// A pin without a local part fits any ("==2.8.0" fits 2.8.0+cu128).
bool pins_version(const Requirement& what, const std::string& version) {
    if (what.kind != AddressKind::none) return true;
    std::string_view text = what.versions;
    if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
    text = trim(text);
    if (!what.is_pinned()) return false;
    const std::string wanted(trim(text.substr(text.starts_with("===") ? 3 : 2)));
    return plain_version(wanted) == plain_version(version) ||
           (wanted.find('+') == std::string::npos &&
            plain_version(wanted) == plain_version(version.substr(0, version.find('+'))));
}

// Turns a hash in hex into RECORD's form: base64 for URLs, without padding (RFC 4648, section 5).
std::string record_form(const RequirementHash& hash) {
    static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string out = hash.algorithm + "=";
    unsigned bits = 0, held = 0;
    for (const char c : hash.hex) {
        bits = bits << 4 | digit(c);
        held += 4;
        if (held >= 6) {
            held -= 6;
            out += letters[bits >> held & 63];
        }
    }
    if (held > 0) out += letters[bits << (6 - held) & 63];
    return out;
}

}  // namespace

bool HashPins::any() const {
    return std::any_of(asked_.requirements.begin(), asked_.requirements.end(),
                       [&](const AskedRequirement& one) { return is_checked(one); });
}

HashPins::Allowed HashPins::allowed(const std::string& project, const std::string& version) const {
    Allowed out;
    const auto take = [&](const std::vector<AskedRequirement>& list, bool this_version) {
        for (const AskedRequirement& one : list) {
            if (one.what.hashes.empty() || one.what.project() != project) continue;
            if (this_version != pins_version(one.what, version)) continue;
            if (!out.pinned) {
                out = {true, one.what.hashes, one.where};
                continue;
            }
            std::erase_if(out.hashes, [&](const RequirementHash& hash) {
                return std::find(one.what.hashes.begin(), one.what.hashes.end(), hash) == one.what.hashes.end();
            });
        }
    };
    take(asked_.requirements, true);
    take(asked_.constraints, true);
    if (out.pinned) return out;
    take(asked_.requirements, false);
    take(asked_.constraints, false);
    return out;
}

bool HashPins::Allowed::takes(const Digest& sha256) const {
    return std::any_of(hashes.begin(), hashes.end(), [&](const RequirementHash& hash) {
        return hash.algorithm == "sha256" && hash.hex == sha256.hex();
    });
}

bool HashPins::Allowed::knows_sha256() const {
    return std::any_of(hashes.begin(), hashes.end(), [](const auto& hash) { return hash.algorithm == "sha256"; });
}

Result<void> HashPins::check(const Allowed& allowed, const std::string& file, const Digest& sha256,
                             const std::filesystem::path& path) {
    if (!allowed.pinned || allowed.takes(sha256)) return {};
    for (const RequirementHash& hash : allowed.hashes) {
        if (hash.algorithm == "sha256") continue;
        auto text = sys::read_file(path, 8ULL << 30);
        auto sum = NamedHash::make(hash.algorithm);
        if (!text) return text.error();
        if (!sum) return sum.error();
        sum->update(std::as_bytes(std::span(*text)));
        if (sum->finish() == record_form(hash)) return {};
    }
    std::vector<std::string> pinned;
    for (const RequirementHash& hash : allowed.hashes) pinned.push_back(hash.algorithm + ":" + hash.hex);
    Error error =
        usage_error(file + " has the hash sha256:" + sha256.hex() + ", which is not one of those that are pinned" +
                        (pinned.empty() ? "" : ": " + join(pinned, ", ")),
                    "somebody changed the file, or the pins are those of another file; where this one is to be "
                    "trusted, pin its hash");
    error.where = allowed.where;
    return error;
}

std::vector<AskedRequirement> HashPins::checked_requirements() const {
    std::vector<AskedRequirement> out;
    for (const AskedRequirement& one : asked_.requirements)
        if (is_checked(one)) out.push_back(one);
    return out;
}

bool HashPins::all_checked() const {
    return std::all_of(asked_.requirements.begin(), asked_.requirements.end(),
                       [&](const AskedRequirement& one) { return is_checked(one); });
}

Result<void> HashPins::check_brought(const std::set<std::string>& brought) const {
    std::set<std::string> known;
    for (const auto* list : {&asked_.requirements, &asked_.constraints})
        for (const AskedRequirement& one : *list)
            if (!one.what.hashes.empty() || one.local) known.insert(one.what.project());
    for (const std::string& project : brought) {
        if (known.contains(project)) continue;
        const auto mode = std::find_if(asked_.hash_checked.begin(), asked_.hash_checked.end(),
                                       [](const auto& where) { return where.has_value(); });
        Error error =
            usage_error("'" + project + "' is needed too, and no --hash pins it: pip's hash-checking mode is on",
                        "give the file all that its requirements bring: `uv pip compile --generate-hashes` "
                        "writes it");
        if (mode != asked_.hash_checked.end()) error.where = **mode;
        return error;
    }
    return {};
}

}  // namespace tmplbuild
