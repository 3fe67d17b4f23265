// SPDX-License-Identifier: Apache-2.0
#include "resolve/lock.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/source_tree.hpp"

namespace tmplbuild {

static constexpr std::int64_t lock_version = 1;

const LockedVenv* Lock::find_venv(const std::string& venv) const {
    auto found = std::find_if(venvs.begin(), venvs.end(), [&](const LockedVenv& v) { return v.venv == venv; });
    return found == venvs.end() ? nullptr : &*found;
}

const LockedApt* Lock::find_apt(const std::string& step) const {
    auto found = std::find_if(apts.begin(), apts.end(), [&](const LockedApt& a) { return a.step == step; });
    return found == apts.end() ? nullptr : &*found;
}

const LockedKernel* Lock::find_kernel(const std::string& kernel) const {
    auto found =
        std::find_if(kernels.begin(), kernels.end(), [&](const LockedKernel& k) { return k.kernel == kernel; });
    return found == kernels.end() ? nullptr : &*found;
}

const LockedGit* Lock::find_git(const std::string& url, const std::string& rev) const {
    auto found =
        std::find_if(gits.begin(), gits.end(), [&](const LockedGit& g) { return g.url == url && g.rev == rev; });
    return found == gits.end() ? nullptr : &*found;
}

// --- writing ---------------------------------------------------------------------------------------------------------

static json::object write_package(const LockedPackage& p) {
    return {{"name", p.name}, {"version", p.version},     {"architecture", p.architecture},
            {"file", p.file}, {"sha256", p.sha256.hex()}, {"size", p.size}};
}

static json::object write_distribution(const LockedDistribution& d) {
    json::object o{
        {"name", d.name}, {"version", d.version}, {"file", d.file}, {"sha256", d.sha256.hex()}, {"size", d.size}};
    if (d.group != 0) o["group"] = d.group;
    if (!d.source.empty()) o["source"] = d.source;
    if (!d.editable.empty()) o["editable"] = d.editable;
    return o;
}

template <class T, class Write>
static json::array write_all(const std::vector<T>& items, Write write) {
    json::array out;
    for (const T& item : items) out.push_back(write(item));
    return out;
}

static void add_places(json::object& o, const LockedPlaces& places) {
    const auto add = [&](const char* key, const std::vector<std::string>& texts) {
        if (!texts.empty()) o[key] = write_all(texts, [](const std::string& text) { return json::value(text); });
    };
    add("indexes", places.indexes);
    add("pages", places.pages);
    add("folders", places.folders);
}

static json::object write(const LockedBase& base) {
    json::object o{{"kind", base.kind}, {"request", base.request.to_string()}};
    if (base.kind == "image") o["image"] = base.image.to_string();
    if (!base.suite.empty()) o["suite"] = base.suite;
    if (!base.suites.empty()) o["suites"] = json::array(base.suites.begin(), base.suites.end());
    o["diff_ids"] = write_all(base.diff_ids, [](const Digest& d) { return json::value(d.to_string()); });
    o["contract"] = base.contract.to_json();
    if (base.kind == "debian") o["packages"] = write_all(base.packages, write_package);
    return o;
}

static json::object write(const LockedApt& a) {
    json::object o{{"step", a.step}, {"request", a.request.to_string()}};
    if (!a.suites.empty()) o["suites"] = json::array(a.suites.begin(), a.suites.end());
    o["packages"] = write_all(a.packages, write_package);
    return o;
}

static json::object write(const LockedGit& g) {
    return {{"url", g.url}, {"rev", g.rev}, {"tree", g.tree}, {"commit_time", g.commit_time}};
}

static json::object write(const LockedVenv& v) {
    json::object o{{"venv", v.venv},
                   {"request", v.request.to_string()},
                   {"distributions", write_all(v.distributions, write_distribution)}};
    if (!v.interpreter.empty()) o["interpreter"] = v.interpreter;
    if (!v.builders.empty()) o["builders"] = write_all(v.builders, write_distribution);
    add_places(o, v.places);
    return o;
}

static json::object write(const LockedToolchain& t) {
    return {{"name", t.name},
            {"cuda", t.cuda},
            {"request", t.request.to_string()},
            {"wheels", write_all(t.wheels, write_distribution)}};
}

static json::object write(const LockedKernel& k) {
    json::object o{{"kernel", k.kernel},
                   {"request", k.request.to_string()},
                   {"requirements", write_all(k.requirements, write_distribution)},
                   {"fallback", write_all(k.fallback, write_distribution)}};
    if (k.sdist) o["sdist"] = write_distribution(*k.sdist);
    add_places(o, k.places);
    return o;
}

// An empty list is written too, except for kernels, which most templates do not have.
template <class Part>
static constexpr bool may_be_absent = std::is_same_v<Part, LockedKernel>;

template <class Part>
static void write_part(json::object& o, const char* key, const std::optional<Part>& part) {
    if (part) o[key] = write(*part);
}
template <class Part>
static void write_part(json::object& o, const char* key, const std::vector<Part>& parts) {
    if (!may_be_absent<Part> || !parts.empty()) o[key] = write_all(parts, [](const Part& part) { return write(part); });
}

std::string Lock::to_text() const {
    json::object o{{"tmplbuild_lock", lock_version}, {"packer", packer}};
    for_each_part(*this, [&](const char* key, const auto& part) { write_part(o, key, part); });
    return json::pretty(o);
}

// --- reading ---------------------------------------------------------------------------------------------------------
// value() throws BuildError on a wrong member; Lock::parse turns that into an error that names the lock.

static Digest read_digest(const json::object& o, std::string_view key) {
    return Digest::parse(json::get_string(o, key).value()).value();
}

static std::uint64_t read_size(const json::object& o) {
    const std::int64_t size = json::get_int(o, "size").value();
    if (size < 0) throw BuildError(usage_error("'size' is negative"));
    return static_cast<std::uint64_t>(size);
}

// A text that the template's grammar accepts as `what`: a lock is as foreign as a template, and its values end up in
// commands of package managers, in paths and in addresses.
template <class Good>
static std::string read_text(const json::object& o, std::string_view key, Good good, std::string_view what) {
    std::string text = json::get_string(o, key).value();
    if (!good(text))
        throw BuildError(usage_error("'" + text + "' as '" + std::string(key) + "' is not " + std::string(what)));
    return text;
}

static std::string read_file_name(const json::object& o) { return read_text(o, "file", is_file_name, "a file name"); }

static bool is_image_folder(const std::string& text) {
    const auto path = parse_image_path(text);
    return path && !path->empty() && "/" + *path == text;
}

static bool is_step_of_apt(const std::string& text) { return text.starts_with("apt:") && is_name(text.substr(4)); }

// The form of packer_format(): "1+zstd-1.5.4".
static bool is_packer(const std::string& text) {
    return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

static bool is_origin(const std::string& text) {
    return !text.empty() && text.size() <= 128 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// The suites from which packages were taken; locks of earlier releases have none.
static std::vector<std::string> read_suites(const json::object& o) {
    std::vector<std::string> out;
    if (!o.contains("suites")) return out;
    for (const json::value& suite : *json::get_array(o, "suites").value()) {
        if (!suite.is_string() || !is_origin(std::string(suite.get_string())))
            throw BuildError(usage_error("'suites' holds something else than names of suites"));
        out.emplace_back(suite.get_string());
    }
    return out;
}

static LockedPackage read_package(const json::object& o) {
    return {read_text(o, "name", is_debian_package, "a Debian package"),
            read_text(o, "version", is_debian_version, "a version of a Debian package"),
            read_text(o, "architecture", is_debian_architecture, "an architecture"),
            read_file_name(o),
            Digest::parse_hex(json::get_string(o, "sha256").value()).value(),
            read_size(o)};
}

// An address that a template could name: http(s), no user, nothing that could end a line or a field of a configuration.
static bool is_plain_address(const std::string& text) {
    const std::size_t begin = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
    return begin != 0 && text.size() > begin && text[begin] != '/' &&
           std::none_of(text.begin(), text.end(),
                        [](char c) {
                            return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f ||
                                   std::string_view("\"'`\\<>{}|^").find(c) != std::string_view::npos;
                        }) &&
           text.substr(begin, text.find_first_of("/?#", begin) - begin).find('@') == std::string::npos;
}

static std::string read_source(const json::object& o) {
    std::string source = json::string_or(o, "source", "");
    const bool address = source.find("://") != std::string::npos;
    if (source.empty() || SourceTree::parse(source)) return source;
    if (!(address ? is_plain_address(source) : is_inner_path(source)))
        throw BuildError(usage_error("the source '" + source + "' of a distribution cannot be used"));
    return source;
}

static LockedDistribution read_distribution(const json::object& o) {
    const std::int64_t group = json::int_or(o, "group", 0);
    if (group < 0 || group > 1000) throw BuildError(usage_error("'group' is out of range"));
    return {read_text(o, "name", is_python_project, "a Python project"),
            read_text(o, "version", is_python_version, "a version of a Python project"),
            read_file_name(o),
            Digest::parse_hex(json::get_string(o, "sha256").value()).value(),
            read_size(o),
            static_cast<int>(group),
            read_source(o),
            o.contains("editable") ? read_text(o, "editable", is_image_folder, "a folder of the image") : ""};
}

static LockedPlaces read_places(const json::object& o) {
    LockedPlaces places;
    const auto read = [&](const char* key, std::vector<std::string>& out, bool (*good)(const std::string&)) {
        if (!o.contains(key)) return;
        for (const json::value& item : *json::get_array(o, key).value()) {
            const std::string text = item.is_string() ? std::string(item.get_string()) : "";
            if (!good(text)) throw BuildError(usage_error("'" + text + "' in '" + key + "' cannot be used"));
            out.push_back(text);
        }
    };
    read("indexes", places.indexes, is_plain_address);
    read("pages", places.pages, is_plain_address);
    read("folders", places.folders, [](const std::string& text) { return is_inner_path(text); });
    return places;
}

template <class Read>
static auto read_all(const json::object& o, std::string_view key, Read read) {
    std::vector<decltype(read(o))> out;
    const json::array* list = json::get_array(o, key).value();
    for (const json::value& item : *list) {
        const json::object* object = item.if_object();
        if (object == nullptr)
            throw BuildError(usage_error("'" + std::string(key) + "' holds something else than objects"));
        out.push_back(read(*object));
    }
    return out;
}

static void read(const json::object& o, LockedBase& base) {
    base.kind = read_text(
        o, "kind", [](const std::string& kind) { return kind == "debian" || kind == "layout" || kind == "image"; },
        "a kind of base");
    base.request = read_digest(o, "request");
    if (base.kind == "image") base.image = read_digest(o, "image");
    // Of another image, it is the word of that image's os-release, which may be another distribution's.
    if (o.contains("suite"))
        base.suite = base.kind == "debian" ? read_text(o, "suite", is_debian_suite, "a suite of Debian")
                                           : read_text(o, "suite", is_origin, "the name of a release");
    base.suites = read_suites(o);
    for (const json::value& id : *json::get_array(o, "diff_ids").value()) {
        if (!id.is_string()) throw BuildError(usage_error("'diff_ids' holds something else than digests"));
        base.diff_ids.push_back(Digest::parse(std::string_view(id.get_string())).value());
    }
    base.contract = BaseContract::from_json(*json::get_object(o, "contract").value()).value();
    if (o.contains("packages")) base.packages = read_all(o, "packages", read_package);
}

static void read(const json::object& o, LockedApt& apt) {
    apt = {read_text(o, "step", is_step_of_apt, "an apt step"), read_digest(o, "request"),
           read_all(o, "packages", read_package), read_suites(o)};
}

static void read(const json::object& o, LockedGit& git) {
    const auto is_url = [](const std::string& text) { return is_address(text, git_schemes()); };
    const auto is_object = [](const std::string& text) { return is_hex(text, 40) || is_hex(text, 64); };
    git = {read_text(o, "url", is_url, "an address of a repository"), read_text(o, "rev", is_object, "a commit"),
           read_text(o, "tree", is_object, "a tree"), json::get_int(o, "commit_time").value()};
}

static void read(const json::object& o, LockedVenv& venv) {
    venv.venv = read_text(o, "venv", is_image_folder, "a folder of the image");
    venv.request = read_digest(o, "request");
    venv.distributions = read_all(o, "distributions", read_distribution);
    if (o.contains("builders")) venv.builders = read_all(o, "builders", read_distribution);
    if (o.contains("interpreter"))
        venv.interpreter = read_text(o, "interpreter", is_interpreter_name, "an interpreter");
    venv.places = read_places(o);
}

static void read(const json::object& o, LockedToolchain& toolchain) {
    toolchain = {read_text(o, "name", is_name, "a toolchain"),
                 read_text(o, "cuda", is_python_version, "a version of CUDA"), read_digest(o, "request"),
                 read_all(o, "wheels", read_distribution)};
}

static void read(const json::object& o, LockedKernel& kernel) {
    kernel = {read_text(o, "kernel", is_name, "the name of a kernel"), read_digest(o, "request"),
              read_all(o, "requirements", read_distribution), read_all(o, "fallback", read_distribution),
              read_places(o)};
    if (!o.contains("sdist")) return;
    kernel.sdist = read_distribution(*json::get_object(o, "sdist").value());
    if (!kernel.sdist->is_sdist() || !kernel.sdist->source.empty())
        throw BuildError(usage_error("'" + kernel.sdist->file + "' as 'sdist' is no sdist of an index"));
}

template <class Part>
static void read_part(const json::object& o, const char* key, std::optional<Part>& part) {
    if (o.contains(key)) read(*json::get_object(o, key).value(), part.emplace());
}
template <class Part>
static void read_part(const json::object& o, const char* key, std::vector<Part>& parts) {
    if (may_be_absent<Part> && !o.contains(key)) return;
    parts = read_all(o, key, [](const json::object& one) {
        Part part;
        read(one, part);
        return part;
    });
}

static Lock read_lock(const json::object& o) {
    if (json::get_int(o, "tmplbuild_lock").value() != lock_version)
        throw BuildError(usage_error("it was written by another release of tmplbuild"));
    Lock lock;
    lock.packer = read_text(o, "packer", is_packer, "a packer's format");
    for_each_part(lock, [&](const char* key, auto& part) { read_part(o, key, part); });
    return lock;
}

Result<Lock> Lock::parse(const std::string& text, const std::string& file_name) {
    auto document = json::parse(text, file_name);
    Error error = document ? usage_error("") : document.error();
    try {
        if (document) {
            const json::object* o = document->if_object();
            if (o == nullptr) throw BuildError(usage_error("it is not a JSON object"));
            return read_lock(*o);
        }
    } catch (const BuildError& wrong) {
        error = usage_error("the lock cannot be used: " + wrong.errors().front().message);
        error.where = SourcePos{file_name, 0, 0};
    }
    error.kind = ErrorKind::usage;
    error.hint = "restore it from version control, or delete it and build again to make a new one";
    return error;
}

std::string renewal_of(const std::string& part) {
    return "`tmplbuild lock --update " + (part.empty() ? "" : part + " ") + "TEMPLATE`";
}

std::filesystem::path lock_path(const std::filesystem::path& template_file) {
    return std::filesystem::path(template_file).replace_extension(".lock");
}

}  // namespace tmplbuild
