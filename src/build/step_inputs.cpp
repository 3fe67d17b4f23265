// SPDX-License-Identifier: Apache-2.0
#include "build/step_inputs.hpp"

#include "io/http.hpp"
#include "resolve/apt.hpp"
#include "resolve/git.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

// Bytes. The template names the file's digest, so this only keeps a wrong server from filling the disk.
static constexpr std::uint64_t largest_file = 64ULL << 30;

static Result<void> fetch_file(const std::string& url, const std::string& sha256, StepContext& context) {
    auto digest = Digest::parse_hex(sha256);
    if (!digest) return digest.error();
    if (context.store.has_blob(*digest)) return {};
    auto file = context.store.new_temp_file();
    if (!file) return file.error();
    const std::string shown = io::printable_url(url);
    context.say("fetching " + shown);
    io::HttpClient client;
    auto got = client.download(
        {.url = url, .limit = largest_file}, *file,
        [&](std::uint64_t done, std::uint64_t total) { context.progress.bytes(context.step, done, total); },
        context.stop);
    std::error_code failed;
    if (!got) {
        std::filesystem::remove(*file, failed);
        return got.error();
    }
    if (got->sha256 != *digest) {
        std::filesystem::remove(*file, failed);
        return build_error(shown + " has the sha256 " + got->sha256.hex() + ", the template says " + digest->hex(),
                           "somebody changed the file: look at it before you change 'sha256'");
    }
    return context.store.adopt_hashed(*file, *digest);
}

static Result<void> fetch_source(const KernelRecipe& recipe, StepContext& context) {
    if (!recipe.archive_url.empty()) return fetch_file(recipe.archive_url, recipe.archive_sha256, context);
    if (recipe.source_url.empty()) return {};
    ResolveContext resolving = context.resolving();
    return fetch_git({recipe.source_url, recipe.source_rev, recipe.source_submodules, recipe.source_lfs_pointers},
                     resolving);
}

Result<BaseApt> apt_of_base(const json::object& facts) {
    auto apt = json::get_object(facts, "apt");
    if (!apt) return apt.error();
    return BaseApt::from_json(**apt);
}

Result<void> fetch_inputs(const Step& step, StepContext& context) {
    ResolveContext resolving = context.resolving();
    if (const auto* base = std::get_if<BaseSpec>(&step.spec)) {
        if (base->locked.kind != "debian") return {};
        return fetch_packages("base", {base->locked.suite, {}, base->repositories}, base->locked.packages, resolving);
    }
    if (const auto* apt = std::get_if<AptSpec>(&step.spec)) {
        AptOrigin origin{apt->suite, {}, apt->repositories};
        if (apt->own_sources) {
            auto own = apt_of_base(context.needed.at("base").facts);
            if (!own) return own.error();
            origin.base = std::move(*own);
        }
        return fetch_packages(step.id, origin, apt->locked.packages, resolving);
    }
    if (const auto* python = std::get_if<PythonSpec>(&step.spec)) {
        const LockedVenv& venv = python->locked;
        auto fetched = fetch_distributions(step.id, venv.distributions, venv.places, python->directory, resolving);
        if (!fetched) return fetched;
        return fetch_distributions(step.id, venv.builders, venv.places, python->directory, resolving);
    }
    if (const auto* git = std::get_if<GitSpec>(&step.spec))
        return fetch_git({git->layer.url, git->layer.rev, git->layer.submodules, git->layer.lfs_pointers}, resolving);
    if (const auto* fetch = std::get_if<FetchSpec>(&step.spec))
        return fetch_file(fetch->layer.url, fetch->layer.sha256, context);
    if (const auto* files = std::get_if<KernelFilesSpec>(&step.spec)) {
        if (files->with_source)
            if (auto got = fetch_source(files->recipe, context); !got) return got;
        return fetch_distributions(step.id, files->fallback, files->places, {}, resolving);
    }
    if (const auto* kernel = std::get_if<KernelSpec>(&step.spec)) {
        if (auto got = fetch_source(kernel->recipe, context); !got) return got;
        auto got = fetch_distributions(step.id, kernel->requirements, kernel->places, {}, resolving);
        if (!got) return got;
        return fetch_distributions(step.id, kernel->toolchain.wheels, {}, {}, resolving);
    }
    return {};
}

}  // namespace tmplbuild
