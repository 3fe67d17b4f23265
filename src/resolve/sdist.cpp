// SPDX-License-Identifier: Apache-2.0
#include "resolve/sdist.hpp"

#include "base/text.hpp"
#include "resolve/distribution_fetch.hpp"
#include "resolve/python_places.hpp"

namespace tmplbuild {

Result<LockedDistribution> resolve_sdist(const std::string& step, const std::string& project,
                                         const std::string& version, ResolveContext& context) {
    auto settings = read_pip_settings(process_environment());
    if (!settings) return settings.error();
    auto indexes = indexes_of(*settings, {}, context);
    if (!indexes) return indexes.error();
    auto found = PackageIndex(*settings, std::move(*indexes), context.http).find_sdist(project, version, context.stop);
    if (!found) return found.error().while_doing("looking for the sdist of " + project + " " + version);
    if (!found->link) {
        Error error = usage_error("no package index has an sdist of " + project + " " + version,
                                  "name a version of which there is a .tar.gz or .zip, or take the sources from its "
                                  "repository with 'git' and 'rev'");
        error.detail = join(found->reasons, "\n");
        return error;
    }
    LockedDistribution out;
    out.name = project;
    out.version = version;
    out.file = found->link->file;
    out.sha256 = found->link->sha256.value_or(Digest());
    const std::string& location = found->link->url;
    auto fetched = DistributionFetcher(step, step, *settings, context)
                       .fetch({&out}, [&](const LockedDistribution&, const std::stop_token&) -> Result<FilePlaces> {
                           return FilePlaces{{location}, {}};
                       });
    if (!fetched) return fetched.error();
    return out;
}

}  // namespace tmplbuild
