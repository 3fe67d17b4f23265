// SPDX-License-Identifier: Apache-2.0
#include "registry/limits.hpp"

#include <array>
#include <string_view>

#include "base/text.hpp"

namespace tmplbuild::registry {

namespace {

struct LimitRow {
    std::string_view host;  // whole, or from a dot on: what a host ends with
    UploadLimits limits;
};

// Seen or read in 2026:
// ghcr.io: a PATCH of more than 4 MiB is answered 416 (ocx-sh/ocx#237); 10 GB a layer (GitHub's documentation as quoted
//   in aquaproj/aqua#4018).
// gcr.io, pkg.dev: no uploads in pieces (kitops-ml/kitops#777).
// ECR: 52,000 MiB a layer, ECR Public 10,000 MiB (AWS, "Amazon ECR service quotas"); pieces are not tried there.
constexpr std::array<LimitRow, 6> rows = {{
    {"ghcr.io", {true, true, 4ULL << 20, 10'000'000'000}},
    {"gcr.io", {true, false, 0, 0}},
    {".gcr.io", {true, false, 0, 0}},
    {".pkg.dev", {true, false, 0, 0}},
    {"public.ecr.aws", {true, true, 0, 10'000ULL << 20}},
    {".amazonaws.com", {true, true, 0, 52'000ULL << 20}},
}};

}  // namespace

UploadLimits upload_limits(const std::string& host) {
    for (const LimitRow& row : rows)
        if (row.host.starts_with('.') ? host.ends_with(row.host) : host == row.host) return row.limits;
    return {};
}

Result<void> check_blob_size(const std::string& host, const std::string& blob, std::uint64_t size) {
    const std::uint64_t most = upload_limits(host).largest_blob;
    if (most == 0 || size <= most) return {};
    return build_error("the layer " + blob + " has " + human_bytes(size) + ", and " + host + " takes at most " +
                           human_bytes(most) + " a layer",
                       "make the layer smaller: split what it holds into several layers of the template");
}

}  // namespace tmplbuild::registry
