// SPDX-License-Identifier: Apache-2.0
#include "verify/service_check.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "podspec/placeholders.hpp"

namespace tmplbuild {

namespace {

// Mounted over or made on the pod: what the image has there says nothing.
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
    ServiceCheck(const RootView& root, const pod::Service& service, const std::string& path,
                 std::vector<Finding>& findings)
        : root_(root), service_(service), path_(path), findings_(findings) {}

    void run() {
        const auto expanded = pod::expand_service(service_, pod::pod_spec_path);
        if (!expanded) return;  // podspec's check says so
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

    void look_for_program(const std::string& what, const std::string& program) {
        if (program.empty()) return;
        if (program.find('/') == std::string::npos) return look_on_path(what, program);
        const std::string folder = service_.directory.empty() ? "/" : service_.directory;
        const std::string full = program.front() == '/' ? program : folder + "/" + program;
        if (is_pods_own(full)) return;
        const auto node = root_.find(full);
        if (!node)
            wrong(what + " '" + program + "' is not in the image", "bring it with a layer, or correct the path");
        else if (!node->is_executable())
            wrong(what + " '" + program + "' cannot be executed", "give it mode 0755, or start it by its interpreter");
    }

    void look_on_path(const std::string& what, const std::string& program) {
        for (const std::string& folder : split(path_, ':')) {
            if (is_pods_own(folder)) return;
            if (const auto node = root_.find(folder + "/" + program); node && node->is_executable()) return;
        }
        wrong(what + " '" + program + "' is not in the image, on PATH " + path_,
              "bring it with a layer, or write its whole path");
    }

    void look_for_folder() {
        const std::string& folder = service_.directory;
        if (folder.empty() || is_pods_own(folder)) return;
        const auto node = root_.find(folder);
        if (!node || !node->is_directory())
            wrong("its directory '" + folder + "' is not in the image", "bring it with a layer, or correct the path");
    }

    bool has_row(const char* file, const std::string& name) const {
        const auto text = root_.text(file);
        if (!text) return false;
        const auto lines = split(*text, '\n');
        return std::any_of(lines.begin(), lines.end(),
                           [&](const std::string& line) { return line.starts_with(name + ":"); });
    }

    void look_for_user() {
        if (service_.user.empty()) return;
        const std::size_t colon = service_.user.find(':');
        const std::string user = service_.user.substr(0, colon);
        const std::string group = colon == std::string::npos ? std::string() : service_.user.substr(colon + 1);
        if (!is_number(user) && !has_row("etc/passwd", user))
            wrong("the image has no user '" + user + "'", "make it in a 'run' layer, or write a number");
        if (!group.empty() && !is_number(group) && !has_row("etc/group", group))
            wrong("the image has no group '" + group + "'", "make it in a 'run' layer, or write a number");
    }

    const RootView& root_;
    const pod::Service& service_;
    std::string path_;
    std::vector<Finding>& findings_;
};

}  // namespace

std::vector<Finding> check_services(const RootView& root, const pod::PodSpec& spec, const std::string& path) {
    std::vector<Finding> findings;
    for (const pod::Service& service : spec.services) ServiceCheck(root, service, path, findings).run();
    return findings;
}

}  // namespace tmplbuild
