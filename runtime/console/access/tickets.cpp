// SPDX-License-Identifier: Apache-2.0
#include "console/access/tickets.hpp"

#include <algorithm>

#include "sys/random.hpp"

namespace tmplbuild::console {

std::string Tickets::issue(Bound bound, UnixMs now) {
    std::erase_if(issued_, [&](const auto& entry) { return now - entry.second.at > lifetime_ms; });
    if (issued_.size() >= at_most)
        issued_.erase(std::min_element(issued_.begin(), issued_.end(),
                                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
    std::string ticket = sys::random_hex(32);
    if (!ticket.empty()) issued_[Sha256::of(ticket)] = {std::move(bound), now};
    return ticket;
}

Result<Tickets::Bound> Tickets::redeem(std::string_view ticket, const Origin& origin, std::string_view nonce,
                                       UnixMs now) {
    const auto refuse = [](std::string why) {
        return usage_error(std::move(why), "open the page again: it asks the console for another ticket");
    };
    const auto found = issued_.find(Sha256::of(ticket));
    if (found == issued_.end()) return refuse("this ticket is not known, or was used before");
    const Issued issued = std::move(found->second);
    issued_.erase(found);
    if (now - issued.at > lifetime_ms) return refuse("this ticket is older than a minute");
    if (issued.bound.origin != origin) return refuse("this ticket is for another address");
    // Both are digests of what only one browser has: to compare them in plain time tells nobody a nonce.
    if (nonce.empty() || Sha256::of(nonce) != issued.bound.nonce) return refuse("this ticket is for another browser");
    return issued.bound;
}

bool is_local_path(std::string_view path) {
    if (path.empty() || path.size() > 2048 || path.front() != '/') return false;
    if (path.size() > 1 && (path[1] == '/' || path[1] == '\\')) return false;
    return std::all_of(path.begin(), path.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && byte != '\\';
    });
}

}  // namespace tmplbuild::console
