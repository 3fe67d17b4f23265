// SPDX-License-Identifier: Apache-2.0
// The commands cache ls and cache gc: what the store or a shared cache holds, and what of it goes.
#include <chrono>
#include <ctime>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cache/repository_steps.hpp"
#include "cli/cache_options.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/registry_access.hpp"
#include "store/clean_up.hpp"
#include "store/store_use.hpp"

namespace tmplbuild::cli {

namespace {

FileTime now_in_seconds() {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

// "14d", "12h", "90m", "30s", "2w".
std::chrono::seconds length_of(const std::string& text) {
    static const std::map<char, std::int64_t> units = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    const auto unit = units.find(text.empty() ? '\0' : text.back());
    const auto count = unit == units.end() ? std::nullopt : parse_whole(text.substr(0, text.size() - 1), 0, 100'000);
    if (!count)
        throw BuildError(usage_error("--keep is a length of time such as 14d, 12h or 30m, found '" + text + "'"));
    return std::chrono::seconds(*count * unit->second);
}

// None where it is no time.
std::optional<FileTime> time_of(const std::string& text) {
    tm parts{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return FileTime(std::chrono::seconds(::timegm(&parts)));
}

std::string age_of(FileTime then) {
    const std::int64_t seconds = std::max<std::int64_t>((now_in_seconds() - then).count(), 0);
    if (seconds >= 2 * 86400) return std::to_string(seconds / 86400) + " days";
    if (seconds >= 2 * 3600) return std::to_string(seconds / 3600) + " hours";
    return std::to_string(seconds / 60) + " min";
}

std::string count_of(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

struct Remote {
    std::shared_ptr<const registry::Client> client;
    registry::Session session;

    Remote(const Options& options, Progress& progress, registry::Access access)
        : client(registry_client(options, warnings_of(progress))),
          session(*client, cache_repository(options.remote, "--remote"), access) {}
};

json::object row_of(const cache::RepositoryStep& step) {
    return {{"tag", step.tag},         {"manifest", step.manifest.to_string()},
            {"step", step.step},       {"created", step.created},
            {"version", step.version}, {"size", step.size},
            {"signed", step.is_signed}};
}

json::object row_of(const StoredStep& step) {
    return {{"step", step.step}, {"key", step.key.to_string()}, {"used", step.used.time_since_epoch().count()},
            {"size", step.size}, {"whole", step.is_whole},      {"cache", step.cache}};
}

void print_step(const cache::RepositoryStep& step) {
    const auto created = time_of(step.created);
    print_row({{step.step.empty() ? "?" : step.step, 28},
               {created ? age_of(*created) : "?", 9},
               {human_bytes(step.size), -9},
               {" " + step.tag.substr(5, 12) + (step.is_signed ? "  signed" : "")}});
}

void print_step(const StoredStep& step) {
    print_row({{step.step, 28},
               {age_of(step.used), 9},
               {human_bytes(step.size), -9},
               {" " + step.key.short_hex() + (step.cache.empty() ? "" : "  from " + step.cache) +
                (step.is_whole ? "" : "  (its layers are there alone)")}});
}

template <class Steps>
void print_steps(const Options& options, const Steps& steps) {
    if (options.json) {
        json::array rows;
        for (const auto& step : steps) rows.push_back(row_of(step));
        return print_json(json::object{{"steps", std::move(rows)}});
    }
    for (const auto& step : steps) print_step(step);
    print_line(count_of(steps.size(), "step"));
}

// What is older than `keep`, and what cannot be a step; by its notes.
int clean_remote(const Options& options, Progress& progress, const std::stop_token& stop) {
    if (!options.max_size.empty())
        throw BuildError(usage_error(
            "--max-size is for this machine's store, and a registry does not say what it holds", "use --keep"));
    const FileTime limit = now_in_seconds() - length_of(options.keep);
    Remote remote(options, progress, registry::Access::push);
    std::size_t gone = 0, all = 0;
    for (const cache::RepositoryStep& step : cache::repository_steps(remote.session, stop).value()) {
        ++all;
        const auto created = time_of(step.created);
        if (created && *created >= limit) continue;
        if (options.yes) cache::remove_step(remote.session, step, stop).value();
        ++gone;
        print_step(step);
    }
    print_line(count_of(gone, "step") + " of " + std::to_string(all) +
               (options.yes ? " removed; the registry's own clean-up frees the space"
                            : " would be removed: --yes removes them"));
    return 0;
}

int clean_store(const Options& options, Progress& progress, const std::stop_token& stop) {
    CleanUpRules rules;
    if (!options.keep.empty()) rules.keep = length_of(options.keep);
    if (!options.max_size.empty()) {
        auto size = parse_bytes(options.max_size);
        if (!size) throw BuildError(usage_error("--max-size is a size such as 20GB, found '" + options.max_size + "'"));
        rules.max_size = *size;
    }
    const Store store = Store::open(Store::default_root()).value();
    std::optional<StoreUse> alone;
    if (options.yes)
        alone.emplace(StoreUse::begin(store, StoreUse::Kind::clean_up, stop, [&] {
                          progress.message("a build uses the store: waiting for its end");
                      }).value());
    const CleanUp done = clean_up(store, rules, now_in_seconds(), !options.yes).value();
    for (const StoredStep& step : done.steps) print_step(step);
    print_line(count_of(done.steps.size(), "step") + ", " + count_of(done.blobs, "blob") + ", " +
               count_of(done.trees, "unpacked tree") + " and " +
               (done.others == 1 ? "1 copy of a repository or cut layer"
                                 : std::to_string(done.others) + " copies of repositories or cut layers") +
               " of " + human_bytes(done.bytes) + (options.yes ? " removed; " : " would be removed; ") +
               human_bytes(done.left) + (options.yes ? " left" : " would be left: --yes removes them"));
    return 0;
}

}  // namespace

int run_cache_ls(const Options& options, Progress& progress, std::stop_token stop) {
    if (options.remote.empty()) {
        print_steps(options, stored_steps(Store::open(Store::default_root()).value()));
        return 0;
    }
    Remote remote(options, progress, registry::Access::pull);
    print_steps(options, cache::repository_steps(remote.session, stop).value());
    return 0;
}

int run_cache_gc(const Options& options, Progress& progress, std::stop_token stop) {
    if (options.keep.empty() && options.max_size.empty())
        throw BuildError(
            usage_error("cache gc has to be told what stays",
                        "--keep 14d keeps what was used within 14 days, --max-size 20GB what fits in 20 GB"));
    if (options.remote.empty()) return clean_store(options, progress, stop);
    return clean_remote(options, progress, stop);
}

}  // namespace tmplbuild::cli
