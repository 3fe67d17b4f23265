// SPDX-License-Identifier: Apache-2.0
#include "registry/pull_rules.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::registry {

namespace {

// How many bytes of "host[:port]/namespace/repository[:tag][@digest]" the prefix covers; 0: it is for other images.
std::size_t covered(std::string_view name, std::string_view prefix) {
    const std::size_t host_end = std::min(name.find('/'), name.size());
    if (prefix.starts_with("*.")) {
        const std::string_view host = name.substr(0, std::min(name.find(':'), host_end));
        const std::string_view domain = prefix.substr(1);  // ".example.org"
        return host.size() > domain.size() && host.ends_with(domain) ? host.size() : 0;
    }
    if (!name.starts_with(prefix)) return 0;
    if (name.size() == prefix.size()) return prefix.size();
    const char next = name[prefix.size()];
    // What follows a host by ':' is a port, and so another host.
    const bool is_tag = next == ':' && prefix.find('/') != std::string_view::npos;
    return next == '/' || next == '@' || is_tag ? prefix.size() : 0;
}

bool is_asked_for(PullRules::MirrorUse use, bool by_digest) {
    return use == PullRules::MirrorUse::all || (use == PullRules::MirrorUse::digest_only) == by_digest;
}

}  // namespace

void PullRules::add(Registry entry) {
    const auto same =
        std::find_if(entries_.begin(), entries_.end(), [&](const Registry& one) { return one.prefix == entry.prefix; });
    if (same == entries_.end())
        entries_.push_back(std::move(entry));
    else
        *same = std::move(entry);
}

PullRules::Match PullRules::find(std::string_view name) const {
    Match best;
    std::size_t longest = 0;  // prefix: "*.example.org" covers more than it says
    for (const Registry& entry : entries_)
        if (const std::size_t length = covered(name, entry.prefix); length != 0 && entry.prefix.size() > longest) {
            best = {&entry, length};
            longest = entry.prefix.size();
        }
    return best;
}

Result<void> PullRules::check_allowed(const Reference& image) const {
    const Match match = find(image.to_string());
    if (match.entry == nullptr || !match.entry->is_blocked) return {};
    return machine_error("'" + image.repository_name() + "' is blocked on this machine: '" + match.entry->source +
                             "' says so of '" + match.entry->prefix + "'",
                         "take an image from elsewhere, or remove `blocked = true` there if this registry may be used");
}

Result<std::vector<PullPlace>> PullRules::places_of(const Reference& image) const {
    const std::string name = image.to_string();
    const Match match = find(name);
    if (match.entry == nullptr) return std::vector{PullPlace{image}};
    const Registry& entry = *match.entry;
    std::vector<PullPlace> out;
    const auto put = [&](const std::string& location, bool is_mirror, bool is_insecure) -> Result<void> {
        auto there =
            location.empty() ? Result<Reference>(image) : Reference::parse(location + name.substr(match.length));
        if (!there)
            return machine_error("'" + entry.source + "' has '" + location + "' for '" + entry.prefix +
                                     "', which makes no name of an image: " + there.error().message,
                                 "a location is HOST[:PORT] with the beginning of a path, without https://");
        out.push_back({std::move(*there), is_mirror, is_insecure});
        return {};
    };
    for (const Mirror& mirror : entry.mirrors)
        if (is_asked_for(mirror.use, image.digest.has_value()))
            if (auto done = put(mirror.location, true, mirror.is_insecure); !done) return done.error();
    if (auto done = put(entry.location, false, entry.is_insecure); !done) return done.error();
    return out;
}

}  // namespace tmplbuild::registry
