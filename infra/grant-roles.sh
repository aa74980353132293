#!/usr/bin/env bash
# Gives the bot's managed identity its application roles; a template cannot, since they are Entra's and not Azure's.
# Run once, by somebody who may consent for the tenant (Privileged Role Administrator):  infra/grant-roles.sh <BOT_OBJECT_ID>
# With --groups it also gets what the policy needs that names Entra groups. Roles that are there already are left as they are.
set -euo pipefail

principal=${1:-}
if [[ ! $principal =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || [[ ${2:-} != "" && ${2:-} != "--groups" ]]; then
  echo "Usage: infra/grant-roles.sh <BOT_OBJECT_ID> [--groups]   (BOT_OBJECT_ID is in env/.env.<name> after atk provision)" >&2
  exit 2
fi

# The Graph of the cloud that az is signed in to.
graph=${GRAPH_API_URL:-$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)}
graph=${graph%/}

# grant <app id of the API> <its name> <role> <why>
grant() {
  local api role
  # A tenant without this API has no such principal, and az ends with words of its own then.
  api=$(az ad sp show --id "$1" --query id --output tsv 2>/dev/null) || api=
  role=
  if [[ -n $api ]]; then role=$(az ad sp show --id "$1" --query "appRoles[?value=='$3'].id | [0]" --output tsv); fi
  if [[ -z $role ]]; then
    echo "$2 has no role $3 in this tenant. Is Defender for Endpoint licensed and set up here?" >&2
    exit 1
  fi
  if az rest --method get --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" \
    --query "value[?appRoleId=='$role'].id" --output tsv | grep -q .; then
    echo "there already  $3  ($4)"
    return
  fi
  az rest --method post --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" --output none \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$api\",\"appRoleId\":\"$role\"}"
  echo "granted        $3  ($4)"
}

defender=fc780465-2017-40d4-a0c5-307022471b92
grant $defender WindowsDefenderATP Machine.LiveResponse "submit and cancel live response"
grant $defender WindowsDefenderATP Machine.ReadWrite.All "read devices, actions and results"
grant $defender WindowsDefenderATP Library.Manage "read names and hashes of the library; there is no role that only reads"
if [[ ${2:-} == "--groups" ]]; then
  grant 00000003-0000-0000-c000-000000000000 "Microsoft Graph" GroupMember.Read.All "members of the groups that the policy names"
  grant 00000003-0000-0000-c000-000000000000 "Microsoft Graph" User.Read.All "whether those members are enabled and no guests"
fi
