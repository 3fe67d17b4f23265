// SPDX-License-Identifier: Apache-2.0
#include "podspec/needs.hpp"

#include <algorithm>
#include <set>

namespace tmplbuild::pod {

namespace {

class Circles {
  public:
    explicit Circles(const std::vector<const Service*>& services) : services_(services) {}

    std::vector<std::vector<std::string>> run() {
        for (const Service* service : services_) visit(service->name);
        return std::move(found_);
    }

  private:
    void visit(const std::string& name) {
        const auto on_path = std::find(path_.begin(), path_.end(), name);
        if (on_path != path_.end()) {
            found_.emplace_back(on_path, path_.end());
            found_.back().push_back(name);
            return;
        }
        const auto is_it = [&](const Service* service) { return service->name == name; };
        const auto service = std::find_if(services_.begin(), services_.end(), is_it);
        if (service == services_.end() || !done_.insert(name).second) return;
        path_.push_back(name);
        for (const auto& need : (*service)->needs) visit(need);
        path_.pop_back();
    }

    const std::vector<const Service*>& services_;
    std::vector<std::string> path_;
    std::set<std::string> done_;  // services that visit() has seen
    std::vector<std::vector<std::string>> found_;
};

}  // namespace

std::vector<std::vector<std::string>> circles_of_needs(const std::vector<const Service*>& services) {
    return Circles(services).run();
}

}  // namespace tmplbuild::pod
