// The registration that makes Teams call the service. It signs in as the managed identity; there is no client secret and no other tenant.
param name string
param tags object
param displayName string
param endpoint string
param identityId string
param appId string
param tenantId string
param teamsCloud string

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: name
  location: 'global'
  tags: tags
  kind: 'azurebot'
  sku: { name: 'F0' }
  properties: {
    displayName: displayName
    endpoint: endpoint
    msaAppType: 'UserAssignedMSI'
    msaAppId: appId
    msaAppTenantId: tenantId
    msaAppMSIResourceId: identityId
    disableLocalAuth: true
  }

  // Of the channels only Teams: Web Chat and Direct Line would be other ways in.
  resource teams 'channels' = {
    name: 'MsTeamsChannel'
    location: 'global'
    properties: {
      channelName: 'MsTeamsChannel'
      properties: {
        isEnabled: true
        acceptedTerms: true
        deploymentEnvironment: teamsCloud == 'gcc' ? 'GCCModerateDeployment' : 'CommercialDeployment'
      }
    }
  }
}
