// SPDX-License-Identifier: Apache-2.0
// The sequence of a resolution: what is asked → settings → uv → the best file of each version → hashes → groups.
#include "resolve/python.hpp"

#include <set>

#include "resolve/grouping.hpp"
#include "resolve/python_session.hpp"

namespace tmplbuild {

using Texts = std::vector<std::string>;

static UvQuestion question_for(const PythonRequest& request) {
    UvQuestion question;
    question.what = request.step;
    question.preferred = request.earlier;
    return question;
}

bool is_build_tool(const std::string& project) {
    static const std::set<std::string> tools = {"build",        "cmake",
                                                "cython",       "flit-core",
                                                "hatchling",    "meson",
                                                "meson-python", "nanobind",
                                                "ninja",        "packaging",
                                                "pip",          "poetry-core",
                                                "pybind11",     "scikit-build-core",
                                                "setuptools",   "setuptools-scm",
                                                "swig",         "typing-extensions",
                                                "wheel"};
    return tools.contains(project);
}

Result<void> add_lines(AskedPython& asked, const std::string& what, const Texts& requirements, const Texts& constraints,
                       const std::filesystem::path& directory) {
    std::vector<RequirementsRoot> roots(2);
    roots[1].constraints = true;
    for (std::size_t n = 0; n < 2; ++n) {
        roots[n].name = (n == 0 ? "requirements of " : "constraints of ") + what;
        roots[n].context = directory;
        roots[n].lines.emplace();
        for (const std::string& text : n == 0 ? requirements : constraints)
            roots[n].lines->push_back({text, SourcePos{roots[n].name, 0, 0}});
    }
    auto read = read_requirements(roots);
    if (!read) return read.error();
    const std::size_t first = asked.hash_checked.size();
    asked.hash_checked.resize(first + 2);
    for (auto* list : {&read->requirements, &read->constraints})
        for (AskedRequirement& one : *list) {
            one.root += first;
            (list == &read->requirements ? asked.requirements : asked.constraints).push_back(std::move(one));
        }
    return {};
}

Result<void> find_resolver() {
    auto uv = find_uv();
    if (!uv) return uv.error();
    return {};
}

Result<ResolvedPython> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context) {
    auto session = PythonSession::open(request, contract, context);
    if (!session) return session.error();
    say_places(request, context);
    auto resolved = session->run(question_for(request), true);
    if (resolved) assign_groups(resolved->distributions, request.grouped, request.venvs);
    return resolved;
}

Result<ResolvedPython> resolve_wheels(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context) {
    auto session = PythonSession::open(request, contract, context);
    if (!session) return session.error();
    UvQuestion question = question_for(request);
    question.wheels_only = true;
    return session->run(std::move(question), false);
}

// Backends that need more for an editable install than their projects' pyproject.toml says; they would only ask for it
// during the build.
static Texts editable_requirements(const Texts& requirements) {
    for (const std::string& text : requirements)
        if (const auto what = parse_requirement(text); what && what->project() == "hatchling") return {"editables"};
    return {};
}

Result<ResolvedPython> resolve_builders(const ResolvedPython& venv, const PythonRequest& request,
                                        const BaseContract& contract, ResolveContext& context) {
    ResolvedPython sdists = venv;
    std::erase_if(sdists.distributions, [](const LockedDistribution& one) { return !one.is_sdist(); });
    if (sdists.distributions.empty()) return ResolvedPython();
    if (auto fetched = fetch_resolved(request.step, sdists, context); !fetched) return fetched.error();
    std::vector<RequirementsRoot> roots;
    const auto add = [&](const std::string& name, const Texts& texts, bool constraints) {
        RequirementsRoot root;
        root.name = name;
        root.constraints = constraints;
        root.lines.emplace();
        for (const std::string& text : texts) root.lines->push_back({text, SourcePos{name, 0, 0}});
        roots.push_back(std::move(root));
    };
    for (const LockedDistribution& sdist : sdists.distributions) {
        const std::string name = sdist.file + ":pyproject.toml";
        const auto tree = SourceTree::parse(sdist.source);
        auto requirements =
            read_build_requirements(context.store.blob_path(sdist.sha256), tree ? tree->subdirectory : "");
        if (!requirements) return requirements.error().while_doing("reading " + name);
        add(name, *requirements, false);
        if (!sdist.editable.empty()) add(name, editable_requirements(*requirements), false);
    }
    add("build_requirements of " + request.step, request.build_requirements, false);
    // An extension runs only with the torch against which it was compiled.
    Texts torch;
    for (const LockedDistribution& one : venv.distributions)
        if (one.name == "torch") torch.push_back("torch==" + one.version);
    add("what " + request.step + " holds", torch, true);
    auto asked = read_requirements(roots);
    if (!asked) return asked.error();
    asked->index_url = request.asked.index_url;
    asked->extra_indexes = request.asked.extra_indexes;
    asked->link_pages = request.asked.link_pages;
    asked->link_folders = request.asked.link_folders;
    asked->no_index = request.asked.no_index;
    PythonRequest builders{request.step, std::move(*asked), request.indexes, request.index_strategy,
                           venv.distributions};
    // Sources whose name is not known yet have no wheel to prefer.
    std::erase_if(builders.earlier, [](const LockedDistribution& one) { return one.name.empty(); });
    auto session = PythonSession::open(builders, contract, context);
    if (!session) return session.error();
    UvQuestion question = question_for(builders);
    question.what = "what builds the sdists of " + request.step;
    question.wheels_only = true;
    return session->run(std::move(question), false);
}

Result<void> fetch_resolved(const std::string& step, ResolvedPython& resolved, ResolveContext& context) {
    std::vector<LockedDistribution*> wanted;
    for (LockedDistribution& one : resolved.distributions) wanted.push_back(&one);
    return DistributionFetcher(step, step, resolved.settings, context).fetch(wanted, by_project(resolved.locations));
}

}  // namespace tmplbuild
