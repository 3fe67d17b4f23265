// SPDX-License-Identifier: Apache-2.0
#include "supervisor/accounts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild::launch {

static std::vector<std::vector<std::string>> rows(const std::string& file) {
    const auto text = sys::read_beginning(file, 1U << 20);
    std::vector<std::vector<std::string>> out;
    for (const std::string& line : split(text ? *text : std::string(), '\n')) out.push_back(split(line, ':'));
    return out;
}

static std::optional<unsigned> number(const std::string& text) {
    unsigned value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Result<Account> find_account(const std::string& text, const std::string& passwd, const std::string& group) {
    const std::size_t colon = text.find(':');
    const std::string user = text.substr(0, colon);
    Account account;
    bool found = false;
    for (const auto& row : rows(passwd)) {
        if (row.size() < 6 || (row[0] != user && row[2] != user)) continue;
        account = {number(row[2]).value_or(0), number(row[3]).value_or(0), {}, row[5], row[0]};
        if (!number(row[2]) || !number(row[3])) continue;
        found = true;
        break;
    }
    if (!found) {
        if (!number(user))
            return build_error("the image has no user '" + user + "'", "add it to the image, or write a number");
        account.uid = account.gid = *number(user);
    }
    const auto groups = rows(group);
    if (colon != std::string::npos) {
        const std::string wanted = text.substr(colon + 1);
        const auto row =
            std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.size() > 2 && g[0] == wanted; });
        const auto id = row == groups.end() ? number(wanted) : number((*row)[2]);
        if (!id)
            return build_error("the image has no group '" + wanted + "'", "add it to the image, or write a number");
        account.gid = *id;
    }
    account.groups = {account.gid};
    for (const auto& row : groups) {
        if (row.size() < 4 || account.name.empty()) continue;
        const auto members = split(row[3], ',');
        const auto id = number(row[2]);
        if (id && *id != account.gid && std::find(members.begin(), members.end(), account.name) != members.end())
            account.groups.push_back(*id);
    }
    return account;
}

}  // namespace tmplbuild::launch
