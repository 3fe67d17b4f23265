// SPDX-License-Identifier: Apache-2.0
#include "verify/service_check.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "podspec/gateway_user.hpp"
#include "podspec/placeholders.hpp"
#include "verify/script_line.hpp"

namespace tmplbuild {

namespace {

constexpr int most_interpreters = 5;  // scripts that interpret each other, as in execve(2)

// Paths that are mounted over or made on the pod, so that the image's own content there says nothing.
bool is_pods_own(std::string_view path) {
    constexpr std::array<std::string_view, 6> places{"/workspace", "/run", "/tmp", "/dev", "/proc", "/sys"};
    return std::any_of(places.begin(), places.end(), [&](std::string_view place) {
        return path == place || (path.starts_with(place) && path[place.size()] == '/');
    });
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

class ServiceCheck {
  public:
    ServiceCheck(const RootView& root, const pod::Service& service, bool has_gateway, const std::string& path,
                 std::vector<Finding>& findings)
        : root_(root), service_(service), has_gateway_(has_gateway), path_(path), findings_(findings) {}

    void run() {
        const auto expanded = pod::expand_service(service_, pod::pod_spec_path);
        if (!expanded) return;  // podspec's check reports it
        if (const auto own = service_.environment.find("PATH"); own != service_.environment.end()) path_ = own->second;
        if (!expanded->command.empty()) look_for_program("its program", expanded->command[0]);
        if (!expanded->probe.empty()) look_for_program("the program of its readiness probe", expanded->probe[0]);
        if (!expanded->health.empty()) look_for_program("the program of its health probe", expanded->health[0]);
        look_for_folder();
        look_for_user();
    }

  private:
    void wrong(std::string message, std::string hint) {
        findings_.push_back(
            {Finding::Weight::wrong, "service '" + service_.name + "'", std::move(message), std::move(hint)});
    }

    // This also holds for a path that reaches such a place by a link.
    bool cannot_be_told(const std::string& path) const {
        return is_pods_own(path) || is_pods_own("/" + root_.leads_to(path));
    }

    std::string whole_path(const std::string& program) const {
        if (program.front() == '/') return program;
        return (service_.directory.empty() ? "/" : service_.directory) + "/" + program;
    }

    void look_for_program(const std::string& what, const std::string& program) {
        if (program.empty()) return;
        if (program.find('/') == std::string::npos) return look_on_path(what, program);
        const std::string full = whole_path(program);
        if (cannot_be_told(full)) return;
        const auto node = root_.find(full);
        if (!node)
            wrong(what + " '" + program + "' is not in the image", "bring it with a layer, or correct the path");
        else if (!node->is_executable())
            wrong(what + " '" + program + "' cannot be executed", "give it mode 0755, or start it by its interpreter");
        else
            look_for_interpreter(what + " '" + program + "'", full);
    }

    // A program by its path, else the first of that name on PATH; "" where there is none, none where that cannot be
    // told.
    std::optional<std::string> find_program(const std::string& program) const {
        std::vector<std::string> places{whole_path(program)};
        if (program.find('/') == std::string::npos) places = split(path_, ':');
        for (std::string& place : places) {
            if (program.find('/') == std::string::npos) place += "/" + program;
            if (cannot_be_told(place)) return std::nullopt;
            if (const auto node = root_.find(place); node && node->is_executable()) return place;
        }
        return "";
    }

    void look_on_path(const std::string& what, const std::string& program) {
        const auto full = find_program(program);
        if (!full) return;
        if (full->empty())
            wrong(what + " '" + program + "' is not in the image, on PATH " + path_,
                  "bring it with a layer, or write its whole path");
        else
            look_for_interpreter(what + " '" + *full + "'", *full);
    }

    // A script can start only when the interpreter that its first line names can.
    void look_for_interpreter(const std::string& whose, std::string file) {
        for (int depth = 0; depth <= most_interpreters; ++depth) {
            const auto text = root_.text(file);
            if (!text || !text->starts_with("#!")) return;
            const ScriptLine line = parse_script_line(*text);
            const std::string& named = line.interpreter;
            const std::string script = whose + " is a script for '" + printable(named) + "'";
            if (named.empty()) return wrong(whose + " begins with '#!' and names no interpreter", "name it there");
            file = whole_path(named);
            if (cannot_be_told(file)) return;
            const auto node = root_.find(file);
            if (!node && text->ends_with('\r'))
                return wrong(script +
                                 ": its first line ends with a carriage return, which Linux takes for a part of "
                                 "the name",
                             "write the file with Linux line ends (LF)");
            if (!node)
                return wrong(script + ", which is not in the image",
                             "bring the interpreter with a layer, or correct the script's first line");
            if (!node->is_executable())
                return wrong(script + ", which cannot be executed", "give the interpreter mode 0755");
            if (!line.env_program.empty()) return look_for_env_program(whose, line);
        }
        wrong(whose + " is a script for a script for a script, and so on, more than Linux follows",
              "name a program that is no script in its first line");
    }

    void look_for_env_program(const std::string& whose, const ScriptLine& line) {
        const std::string& program = line.env_program;
        const bool several = program.find_first_of(" \t") != std::string::npos;
        const bool has_path = program.find('/') != std::string::npos;
        const auto full = find_program(program);
        if (!full || !full->empty()) return;
        wrong(whose + " is a script for '" + line.interpreter + " " + printable(line.argument) + "', and '" +
                  printable(program) + "' is not in the image" + (has_path ? "" : ", on PATH " + path_),
              program.ends_with('\r') ? "write the file with Linux line ends (LF)"
              : several ? "env takes all of that for one name: write '" + line.interpreter + " -S " + program + "'"
                        : "bring the interpreter with a layer, or correct the script's first line");
    }

    // The text without what a message cannot hold.
    static std::string printable(std::string text) {
        std::replace_if(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
        return text;
    }

    void look_for_folder() {
        const std::string& folder = service_.directory;
        if (folder.empty() || cannot_be_told(folder)) return;
        const auto node = root_.find(folder);
        if (!node || !node->is_directory())
            wrong("its directory '" + folder + "' is not in the image", "bring it with a layer, or correct the path");
    }

    // The fields of the first row with that name; none: there is no such row.
    std::vector<std::string> row_of(const char* file, const std::string& name) const {
        const auto text = root_.text(file);
        if (!text) return {};
        for (const std::string& line : split(*text, '\n'))
            if (line.starts_with(name + ":")) return split(line, ':');
        return {};
    }

    // A number is its own id, and needs no row. `ids`: how many fields of the row are ids, from the third on.
    void look_for_account(const std::string& what, const char* file, const std::string& name, std::size_t ids) {
        if (name.empty() || is_number(name)) return;  // podspec's check looks at numbers
        const std::vector<std::string> row = row_of(file, name);
        if (row.empty())
            return wrong("the image has no " + what + " '" + name + "'", "make it in a 'run' layer, or write a number");
        for (std::size_t i = 2; has_gateway_ && i < std::min(2 + ids, row.size()); ++i)
            if (parse_whole(row[i], pod::gateway_uid, pod::gateway_uid))
                return wrong("its " + what + " '" + name + "' has the number " + row[i] + " in the image's /" + file +
                                 ", which is the gateway's own",
                             "give it another number there");
    }

    void look_for_user() {
        if (service_.user.empty()) return;
        const std::size_t colon = service_.user.find(':');
        const std::string user = service_.user.substr(0, colon);
        const std::string group = colon == std::string::npos ? std::string() : service_.user.substr(colon + 1);
        look_for_account("user", "etc/passwd", user, 2);  // its own and its group's
        look_for_account("group", "etc/group", group, 1);
    }

    const RootView& root_;
    const pod::Service& service_;
    bool has_gateway_;
    std::string path_;
    std::vector<Finding>& findings_;
};

}  // namespace

std::vector<Finding> check_services(const RootView& root, const pod::PodSpec& spec, const std::string& path) {
    std::vector<Finding> findings;
    for (const pod::Service& service : spec.services)
        ServiceCheck(root, service, spec.console_port != 0, path, findings).run();
    return findings;
}

}  // namespace tmplbuild
