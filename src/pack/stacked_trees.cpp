// SPDX-License-Identifier: Apache-2.0
#include "pack/stacked_trees.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/text.hpp"
#include "pack/whiteout.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr int most_links = 40;  // as the kernel counts them (path_resolution(7))

sys::Fd open_beneath_no_links(int root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    return sys::Fd(static_cast<int>(::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

Result<StackedTrees> StackedTrees::open(const std::vector<fs::path>& trees) {
    StackedTrees out;
    for (const fs::path& tree : trees)
        if (auto put = out.put_on_top(tree); !put) return put.error();
    return out;
}

Result<void> StackedTrees::put_on_top(const fs::path& tree) {
    auto fd = sys::open_fd(tree, O_PATH | O_DIRECTORY);
    if (!fd) return fd.error();
    roots_.push_back(std::move(*fd));
    return {};
}

static bool is_opaque_folder(int root, const std::string& path) {
    const sys::Fd fd = open_beneath_no_links(root, path, O_RDONLY | O_DIRECTORY);
    char value = 0;
    return fd && ::fgetxattr(fd.get(), overlay_opaque, &value, 1) == 1 && value == 'y';
}

// From the root down: each folder limits the trees in which the path below it is looked for.
std::optional<StackedTrees::Node> StackedTrees::look(const std::string& path) const {
    std::vector<std::size_t> seen;  // top first
    for (std::size_t i = roots_.size(); i-- > 0;) seen.push_back(i);
    Node node;
    if (seen.empty() || ::fstatat(roots_[seen[0]].get(), "", &node.facts, AT_EMPTY_PATH) != 0) return std::nullopt;
    node.tree = seen[0];
    std::string at;
    for (const std::string& name : split(path, '/')) {
        if (name.empty()) continue;
        if (!S_ISDIR(node.facts.st_mode)) return std::nullopt;
        at += (at.empty() ? "" : "/") + name;
        std::vector<std::size_t> next;
        for (const std::size_t tree : seen) {
            struct stat facts {};
            const sys::Fd fd = open_beneath_no_links(roots_[tree].get(), at, O_PATH | O_NOFOLLOW);
            if (!fd || ::fstat(fd.get(), &facts) != 0) continue;
            if (is_overlay_whiteout(facts)) break;
            // Below a folder of an upper tree, a file does not show, and neither does anything of the trees under it.
            if (!next.empty() && !S_ISDIR(facts.st_mode)) break;
            if (next.empty()) node = {facts, tree};
            next.push_back(tree);
            if (!S_ISDIR(facts.st_mode) || is_opaque_folder(roots_[tree].get(), at)) break;
        }
        if (next.empty()) return std::nullopt;
        seen = std::move(next);
    }
    return node;
}

Result<std::string> StackedTrees::leads_to(const std::string& path) const {
    std::string done;
    std::vector<std::string> rest = split(path, '/');
    std::reverse(rest.begin(), rest.end());
    for (int links = 0; !rest.empty();) {
        const std::string name = std::move(rest.back());
        rest.pop_back();
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            done.erase(done.find('/') == std::string::npos ? 0 : done.rfind('/'));
            continue;
        }
        const std::string next = done.empty() ? name : done + "/" + name;
        const auto node = look(next);
        if (!node || !S_ISLNK(node->facts.st_mode)) {
            done = next;
            continue;
        }
        if (++links > most_links) return build_error("'/" + path + "' leads through links without end");
        const sys::Fd link = open_beneath_no_links(roots_[node->tree].get(), next, O_PATH | O_NOFOLLOW);
        std::string target(PATH_MAX, '\0');
        const ssize_t size = link ? ::readlinkat(link.get(), "", target.data(), target.size()) : -1;
        if (size < 0) return os_error("read the link", "/" + next, errno);
        target.resize(static_cast<std::size_t>(size));
        if (target.starts_with('/')) done.clear();
        std::vector<std::string> parts = split(target, '/');
        rest.insert(rest.end(), parts.rbegin(), parts.rend());
    }
    return done;
}

}  // namespace tmplbuild
