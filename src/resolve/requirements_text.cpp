// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_text.hpp"

#include <algorithm>
#include <map>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_files = 200;  // of one root; more is a mistake or an attack

// pip's requirements file format: a '#' at the start or after white space begins a comment.
std::string_view without_comment(std::string_view line) {
    for (std::size_t at = 0; (at = line.find('#', at)) != std::string_view::npos; ++at)
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return trim(line.substr(0, at));
    return trim(line);
}

struct Line {
    std::string text;
    unsigned number = 0;  // of its first part
};

// Lines that end with a backslash go on; a comment does not.
std::vector<Line> logical_lines(std::string_view text) {
    std::vector<Line> out;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    Line line;
    unsigned number = 0;
    for (const std::string& raw : split(text, '\n')) {
        ++number;
        if (line.text.empty()) line.number = number;
        std::string_view bare = trim(raw);
        const bool goes_on = bare.ends_with('\\') && !bare.starts_with('#');
        if (goes_on) bare.remove_suffix(1);
        line.text.append(bare);
        if (goes_on) {
            line.text += ' ';
            continue;
        }
        out.push_back({std::string(without_comment(line.text)), line.number});
        line.text.clear();
    }
    if (!line.text.empty()) out.push_back({std::string(without_comment(line.text)), line.number});
    std::erase_if(out, [](const Line& one) { return one.text.empty(); });
    return out;
}

// Words as a shell parts them, as far as options need it: quotes of both kinds.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    char quote = 0;
    bool inside = false;
    for (const char c : text) {
        if (quote != 0 ? c == quote : c == '"' || c == '\'') {
            quote = quote != 0 ? '\0' : c;
            if (!inside) out.emplace_back();
            inside = true;
        } else if (quote == 0 && (c == ' ' || c == '\t')) {
            inside = false;
        } else {
            if (!inside) out.emplace_back();
            inside = true;
            out.back() += c;
        }
    }
    return out;
}

// "--find-links" of "--find-links=x", "-f" of "-fx".
std::string option_of(const std::string& word) {
    return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

std::string long_name(const std::string& option) {
    static const std::map<std::string, std::string> names = {
        {"-r", "--requirement"}, {"-c", "--constraint"}, {"-i", "--index-url"},      {"--pypi-url", "--index-url"},
        {"-f", "--find-links"},  {"-e", "--editable"},   {"-C", "--config-settings"}};
    const auto found = names.find(option);
    return found == names.end() ? option : found->second;
}

bool is_web_address(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://"); }

// Why an option cannot be honoured, as a hint; nothing for an option that pip does not have either.
std::string refused_option(const std::string& option) {
    static const std::map<std::string, std::string> why = {
        {"--trusted-host",
         "a host without a certificate is this machine's affair: set it as trusted-host in pip's "
         "configuration"},
        {"--editable",
         "an image has no working tree to edit: build a wheel of it and require the wheel by its path, "
         "or, from a repository, write name @ git+https://…"},
        {"--use-feature", "it changes how pip works and not what is installed: leave it out"},
        {"--config-settings", "build a wheel with it once, and require that wheel by its path or address"},
        {"--global-option", "build a wheel with it once, and require that wheel by its path or address"},
        {"--hash", "it stands behind the requirement that it belongs to, on the same line"}};
    const auto found = why.find(option);
    return found == why.end() ? "pip's requirements files have no such option: leave it out" : found->second;
}

class FilesReader {
  public:
    explicit FilesReader(const std::vector<RequirementsRoot>& roots) : roots_(roots) {
        out_.hash_checked.resize(roots.size());
    }

    Result<AskedPython> run() {
        for (root_number_ = 0; root_number_ < roots_.size(); ++root_number_) {
            open_.clear();
            files_ = 0;
            if (auto done = root().lines ? read_list() : read_file(root().path, root().constraints, {}); !done)
                return done.error();
        }
        if (auto checked = check_hash_mode(); !checked) return checked.error();
        return std::move(out_);
    }

  private:
    const RequirementsRoot& root() const { return roots_[root_number_]; }

    Result<void> read_list() {
        for (const PlacedText& line : *root().lines) {
            auto requirement = parse_requirement(line.value);
            if (!requirement) return at(requirement.error(), line.where);
            if (auto done = add(std::move(*requirement), line.where, root().constraints); !done) return done;
        }
        return {};
    }

    Result<void> read_file(const std::string& path, bool constraints, const std::optional<SourcePos>& from) {
        const std::string name = path == root().path ? root().name : root().before + path;
        if (std::find(open_.begin(), open_.end(), path) != open_.end())
            return at(usage_error("'" + name + "' names itself, by -r or -c"), *from);
        if (++files_ > most_files) return at(usage_error("too many files name each other by -r and -c"), *from);
        auto text = root().read(path);
        if (!text) {
            if (!from) return text.error();
            Error error = usage_error("'" + name + "' cannot be read: " + text.error().message, text.error().hint);
            return at(std::move(error), *from);
        }
        open_.push_back(path);
        out_.texts.emplace_back(name, *text);
        for (const Line& line : logical_lines(*text)) {
            const SourcePos where{name, line.number, 0};
            auto done = line.text.front() == '-' ? read_options(line.text, where, path, constraints)
                                                 : read_requirement(line.text, where, constraints);
            if (!done) return done;
        }
        open_.pop_back();
        return {};
    }

    Result<void> read_requirement(const std::string& line, const SourcePos& where, bool constraints) {
        auto text = expanded(line, where);
        if (!text) return text.error();
        auto requirement = parse_requirement(*text);
        if (!requirement) return at(requirement.error(), where);
        return add(std::move(*requirement), where, constraints);
    }

    Result<void> add(Requirement requirement, const SourcePos& where, bool constraint) {
        AskedRequirement asked{std::move(requirement), where, root_number_, {}};
        if (asked.what.kind == AddressKind::path) {
            auto local = context_file(asked.what.address, where);
            if (!local) return local.error();
            asked.local = std::move(*local);
            if (auto kind = check_local(asked); !kind) return kind;
        }
        if (asked.what.kind == AddressKind::git)
            return at(usage_error("\"" + without_user(asked.what.text()) + "\" names a repository", repository_hint),
                      where);
        if (!asked.what.hashes.empty() && asked.what.kind == AddressKind::none && !constraint) turn_on_hashes(where);
        if (asked.what.kind != AddressKind::none && constraint && asked.what.name.empty())
            return at(usage_error("a constraint without a project's name"), where);
        (constraint ? out_.constraints : out_.requirements).push_back(std::move(asked));
        return {};
    }

    Result<void> check_local(const AskedRequirement& asked) const {
        const std::string& path = asked.what.address;
        for (const char* ending : {".whl", ".tar.gz", ".zip"})
            if (path.ends_with(ending)) return {};
        return at(
            usage_error("'" + path + "' is not a wheel or an sdist",
                        "a folder of sources is not installed from here: build a wheel of it (`pip wheel --no-deps "
                        "FOLDER`) and require the wheel by its path"),
            asked.where);
    }

    // A path as a line names it, inside the context: relative ones count from the root file's folder, as pip run there.
    Result<ContextFile> context_file(const std::string& path, const SourcePos& where) const {
        if (!root().context)
            return at(usage_error("'" + path + "' is a path, and this file is not one of the template's own",
                                  "copy it beside the template and require it by its path there"),
                      where);
        const fs::path base = *root().context / fs::path(root().path).parent_path();
        const fs::path whole = (path.starts_with('/') ? fs::path(path) : base / path).lexically_normal();
        const std::string inside = whole.lexically_relative(root().context->lexically_normal());
        if (inside.empty() || inside == ".." || inside.starts_with("../") || path.starts_with('~'))
            return at(usage_error("'" + path + "' lies outside of the template's folder",
                                  "copy it into the template's folder, or put its folder into pip's find-links and "
                                  "require it by name"),
                      where);
        return ContextFile{*root().context, inside};
    }

    Result<void> read_options(const std::string& line, const SourcePos& where, const std::string& file,
                              bool constraints) {
        std::vector<std::string> words = words_of(line);
        for (std::size_t n = 0; n < words.size(); ++n) {
            if (!words[n].starts_with('-'))
                return at(usage_error("'" + without_user(words[n]) + "' does not belong behind an option",
                                      "write each requirement on a line of its own"),
                          where);
            const std::string option = option_of(words[n]), name = long_name(option);
            if (read_flag(name, where)) {
                if (words[n] != option) return at(usage_error("the option '" + option + "' takes no value"), where);
                continue;
            }
            static const std::set<std::string> with_value = {"--requirement",     "--constraint", "--index-url",
                                                             "--extra-index-url", "--find-links", "--only-binary",
                                                             "--no-binary"};
            if (!with_value.contains(name))
                return at(usage_error("the option '" + option + "' cannot be used in requirements here",
                                      refused_option(name)),
                          where);
            std::string value = words[n].substr(option.size());
            if (value.starts_with('=')) value.erase(0, 1);
            if (value.empty() && n + 1 < words.size()) value = words[++n];
            if (value.empty()) return at(usage_error("the option '" + option + "' needs a value"), where);
            if (auto done = read_value(name, value, where, file, constraints); !done) return done;
        }
        return {};
    }

    bool read_flag(const std::string& name, const SourcePos& where) {
        if (name == "--pre")
            out_.prereleases = true;
        else if (name == "--no-index")
            out_.no_index = true;
        else if (name == "--prefer-binary")
            out_.prefer_binary = true;
        else if (name == "--require-hashes")
            turn_on_hashes(where);
        else
            return false;
        return true;
    }

    Result<void> read_value(const std::string& name, const std::string& value, const SourcePos& where,
                            const std::string& file, bool constraints) {
        if (name == "--requirement" || name == "--constraint")
            return read_named(value, constraints || name == "--constraint", where, file);
        if (name == "--only-binary" || name == "--no-binary") {
            const bool only = name == "--only-binary";
            return formats(value, only ? out_.only_binary : out_.no_binary, only ? out_.no_binary : out_.only_binary,
                           where);
        }
        auto whole = expanded(value, where);
        if (!whole) return whole.error();
        if (!is_web_address(*whole)) {
            if (name != "--find-links")
                return at(usage_error("'" + without_user(*whole) + "' is not the address of an index",
                                      "it starts with https:// or http://; a folder of wheels is --find-links"),
                          where);
            auto folder = context_file(whole->starts_with("file://") ? whole->substr(7) : *whole, where);
            if (!folder) return folder.error();
            out_.link_folders.push_back(std::move(*folder));
        } else if (name == "--find-links") {
            out_.link_pages.push_back({*whole, where});
        } else if (name == "--extra-index-url") {
            out_.extra_indexes.push_back({*whole, where});
        } else if (out_.index_url && out_.index_url->value != *whole) {
            return at(usage_error("--index-url was already given, with another address, at " +
                                      out_.index_url->where.to_string(),
                                  "name the second one as --extra-index-url"),
                      where);
        } else {
            out_.index_url = PlacedText{*whole, where};
        }
        return {};
    }

    Result<void> read_named(const std::string& value, bool constraints, const SourcePos& where,
                            const std::string& file) {
        if (value.find("://") != std::string::npos)
            return at(usage_error("a requirements file at an address is not read",
                                  "put it beside the template, or into a `git` layer, and name its path"),
                      where);
        const std::string path = (fs::path(file).parent_path() / value).lexically_normal();
        if (path.empty() || path.front() == '/' || path == ".." || path.starts_with("../"))
            return at(usage_error("'" + value + "' lies outside of " +
                                  (root().context ? "the template's folder" : "the layer")),
                      where);
        return read_file(path, constraints, where);
    }

    // pip's FormatControl: the later option wins, by name; ":all:" and ":none:" clear what stood before.
    Result<void> formats(const std::string& value, std::set<std::string>& target, std::set<std::string>& other,
                         const SourcePos& where) {
        for (const std::string& part : split(value, ',')) {
            const std::string name(trim(part));
            if (name == ":all:") {
                other.clear();
                target = {":all:"};
            } else if (name == ":none:") {
                target.clear();
            } else if (is_project_name(name)) {
                other.erase(normalized_project(name));
                target.insert(normalized_project(name));
            } else {
                return at(usage_error("'" + name + "' is not a project's name, :all: or :none:"), where);
            }
        }
        return {};
    }

    // ${NAME} where a user or a password stands, in files of the template's author.
    Result<std::string> expanded(const std::string& text, const SourcePos& where) const {
        std::string out = text;
        for (std::size_t begin = 0; (begin = out.find("${", begin)) != std::string::npos;) {
            const std::size_t end = out.find('}', begin);
            const std::string name = end == std::string::npos ? "" : out.substr(begin + 2, end - begin - 2);
            if (name.empty() || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos) {
                begin += 2;  // no variable to pip either
                continue;
            }
            const std::size_t scheme = out.rfind("://", begin), user = out.find('@', end);
            const bool as_user = scheme != std::string::npos && user != std::string::npos &&
                                 out.find_first_of("/ \t?#", scheme + 3) > user;
            if (!root().context || !root().environment)
                return at(usage_error("'${" + name + "}' in a file that is not the template's own",
                                      "variables of this machine are given to no foreign file"),
                          where);
            if (!as_user)
                return at(usage_error("'${" + name + "}' would let this machine's environment decide what is installed",
                                      "a variable may stand for the user or the password of an address: "
                                      "https://${NAME}@host/…"),
                          where);
            const std::string value = root().environment(name);
            if (value.empty() || value.find_first_of(" \t\r\n/?#@\"'`\\") != std::string::npos)
                return at(usage_error("the environment variable '" + name + "' " +
                                          (value.empty() ? "is not set" : "holds what an address cannot"),
                                      value.empty() ? "set it, or leave the user out of the address and use ~/.netrc"
                                                    : "percent-encode it"),
                          where);
            out.replace(begin, end + 1 - begin, value);
            begin += value.size();
        }
        return out;
    }

    void turn_on_hashes(const SourcePos& where) {
        if (!out_.hash_checked[root_number_]) out_.hash_checked[root_number_] = where;
    }

    // pip's hash-checking mode: on for all requirements of a file as soon as one of them has a hash.
    Result<void> check_hash_mode() const {
        for (const AskedRequirement& asked : out_.requirements) {
            const auto& mode = out_.hash_checked[asked.root];
            if (!mode || roots_[asked.root].lines) continue;
            const std::string shown = asked.what.name.empty() ? without_user(asked.what.address) : asked.what.name;
            if (asked.what.hashes.empty() && !asked.local && !has_constraint_hash(asked))
                return at(usage_error("'" + shown + "' has no --hash, and " + mode->to_string() +
                                          " turned on pip's hash-checking mode",
                                      "give every requirement its hashes: `uv pip compile --generate-hashes` writes "
                                      "them"),
                          asked.where);
            if (!asked.what.is_pinned() && !has_constraint_hash(asked))
                return at(usage_error("'" + shown + "' is not pinned to one version, and " + mode->to_string() +
                                          " turned on pip's hash-checking mode",
                                      "write " + shown + "==VERSION"),
                          asked.where);
        }
        return {};
    }

    bool has_constraint_hash(const AskedRequirement& asked) const {
        return std::any_of(out_.constraints.begin(), out_.constraints.end(), [&](const AskedRequirement& one) {
            return one.what.project() == asked.what.project() && !one.what.hashes.empty() && one.what.is_pinned();
        });
    }

    static Error at(Error error, const SourcePos& where) {
        error.kind = ErrorKind::usage;
        error.where = where;
        return error;
    }

    const std::vector<RequirementsRoot>& roots_;
    std::size_t root_number_ = 0, files_ = 0;
    std::vector<std::string> open_;  // files that are being read, outermost first
    AskedPython out_;
};

}  // namespace

Result<AskedPython> read_requirements(const std::vector<RequirementsRoot>& roots) { return FilesReader(roots).run(); }

}  // namespace tmplbuild
