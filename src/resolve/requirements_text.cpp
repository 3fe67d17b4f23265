// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_text.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/requirements_lines.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_files = 200;  // files that one root may lead to; more is a mistake or an attack

bool is_web_address(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://"); }

class FilesReader {
  public:
    FilesReader(const std::vector<RequirementsRoot>& roots, AskedPython before)
        : roots_(roots),
          roots_before_(before.hash_checked.size()),
          checked_before_(before.requirements.size()),
          out_(std::move(before)) {
        out_.hash_checked.resize(roots_before_ + roots_.size());
    }

    Result<AskedPython> run() {
        for (root_number_ = roots_before_; root_number_ < out_.hash_checked.size(); ++root_number_) {
            open_.clear();
            files_ = 0;
            if (auto done = root().lines ? read_list() : read_file(root().path, root().constraints, {}); !done)
                return done.error();
        }
        if (auto checked = check_hash_mode(); !checked) return checked.error();
        return std::move(out_);
    }

  private:
    const RequirementsRoot& root(std::size_t number) const { return roots_[number - roots_before_]; }
    const RequirementsRoot& root() const { return root(root_number_); }

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
        for (const RequirementsLine& line : logical_lines(*text)) {
            const SourcePos where{name, line.number, 0};
            const std::string first = long_name(option_of(words_of(line.text).front()));
            auto done = line.text.front() == '-' && first != "--editable"
                            ? read_options(line.text, where, path, constraints)
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
        if (asked.what.kind == AddressKind::git)
            if (auto named = take_repository(asked); !named) return named;
        if (asked.what.kind == AddressKind::path)
            if (auto named = asked.what.names_archive() ? take_file(asked) : take_folder(asked); !named) return named;
        if (!asked.what.hashes.empty() && asked.what.kind == AddressKind::none && !constraint) turn_on_hashes(where);
        if (asked.what.kind != AddressKind::none && constraint && asked.what.name.empty())
            return at(usage_error("a constraint without a project's name"), where);
        (constraint ? out_.constraints : out_.requirements).push_back(std::move(asked));
        return {};
    }

    Result<void> take_repository(AskedRequirement& asked) const {
        const Requirement& what = asked.what;
        if (!root().context && what.address.starts_with("file://"))
            return at(usage_error("'" + what.address +
                                  "' is a path of this machine, and this file is not one of the "
                                  "template's own"),
                      asked.where);
        SourceTree tree{what.address, is_hex(what.rev, 40) ? what.rev : ""};
        tree.named = !tree.commit.empty() ? "" : what.rev.empty() ? "HEAD" : what.rev;
        tree.subdirectory = what.subdirectory;
        asked.tree = std::move(tree);
        return {};
    }

    Result<void> take_file(AskedRequirement& asked) const {
        auto local = context_file(asked.what.address, asked.where);
        if (!local) return local.error();
        asked.local = std::move(*local);
        return {};
    }

    // A folder of sources: from the commit of the requirements file, else from the context.
    Result<void> take_folder(AskedRequirement& asked) const {
        const std::string& path = asked.what.address;
        if (root().commit) {
            const std::string inside = (fs::path(root().path).parent_path() / path).lexically_normal();
            SourceTree tree = *root().commit;
            if (inside.empty() || inside.front() == '/' || path.front() == '~' || !is_inner_path(inside))
                return at(usage_error("'" + path + "' lies outside of the layer"), asked.where);
            tree.subdirectory = (fs::path(inside) / asked.what.subdirectory).lexically_normal();
            while (tree.subdirectory.ends_with('/')) tree.subdirectory.pop_back();
            if (tree.subdirectory == ".") tree.subdirectory.clear();
            if (asked.what.editable && root().place) asked.place = root().place(".");
            asked.tree = std::move(tree);
            return {};
        }
        auto local = context_file(path, asked.where);
        if (!local) return local.error();
        while (local->path.ends_with('/')) local->path.pop_back();
        SourceTree tree;
        tree.folder = local->path;
        tree.subdirectory = asked.what.subdirectory;
        if (asked.what.editable && root().place) asked.place = root().place(local->path);
        if (asked.what.editable && asked.place.empty())
            return at(usage_error("'" + path + "' is to stay editable in the image, and no layer puts it there",
                                  "leave -e out for a copy in the venv, or put the folder into the image by a `files` "
                                  "layer, whose files are then those that Python imports"),
                      asked.where);
        asked.local = std::move(*local);
        asked.tree = std::move(tree);
        return {};
    }

    // A path in a line, inside the context: relative ones count from the root file's folder, as when pip runs there.
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
        return ContextFile{*root().context, inside, root().own};
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

    // pip's FormatControl: for each name the later option wins; ":all:" and ":none:" clear the earlier ones.
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

    // Replaces ${NAME} where a user or a password stands, in files of the template's author.
    Result<std::string> expanded(const std::string& text, const SourcePos& where) const {
        std::string out = text;
        for (std::size_t begin = 0; (begin = out.find("${", begin)) != std::string::npos;) {
            const std::size_t end = out.find('}', begin);
            const std::string name = end == std::string::npos ? "" : out.substr(begin + 2, end - begin - 2);
            if (name.empty() || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos) {
                begin += 2;  // pip does not take this for a variable either
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

    // pip's hash-checking mode holds for all requirements of a file as soon as one of them has a hash.
    Result<void> check_hash_mode() const {
        for (std::size_t n = checked_before_; n < out_.requirements.size(); ++n) {
            const AskedRequirement& asked = out_.requirements[n];
            const auto& mode = out_.hash_checked[asked.root];
            if (!mode || root(asked.root).lines) continue;
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
    const std::size_t roots_before_, checked_before_;
    std::size_t root_number_ = 0, files_ = 0;
    std::vector<std::string> open_;  // the files that are being read, outermost first
    AskedPython out_;
};

}  // namespace

Error changed_meanwhile(const AskedRequirement& asked) {
    Error error = build_error("'" + asked.local->path + "' changed while the lock was made",
                              "lock again when nothing writes into it");
    error.where = asked.where;
    return error;
}

Result<AskedPython> read_requirements(const std::vector<RequirementsRoot>& roots, AskedPython before) {
    return FilesReader(roots, std::move(before)).run();
}

}  // namespace tmplbuild
