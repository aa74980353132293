// The service: several replicas of one image over what main.bicep made under the same suffix.
targetScope = 'resourceGroup'

@description('As in main.bicep.')
param suffix string

@description('The registry that main.bicep made (REGISTRY_NAME).')
param registryName string

@description('The vault that main.bicep made (VAULT_NAME).')
param vaultName string

@description('The tag of the image live-response in that registry; a new one for each build.')
param imageTag string

param location string = resourceGroup().location

@description('How many run at least; two, so that one can be replaced while the other answers.')
@allowed(['1', '2', '3', '4', '5'])
param replicas string = '2'

@description('Tenants whose people are served, with commas between them; default: this one.')
param teamsTenantIds string = 'default'

@allowed(['public', 'gcc', 'gccHigh', 'dod'])
param teamsCloud string = 'public'

@description('The API host of Defender, such as a regional one; default: the one that goes with teamsCloud.')
param defenderApiUrl string = 'default'

@description('1: channels shared with others are served as well, their foreign members never.')
@allowed(['0', '1'])
param allowSharedChannels string = '0'

@description('Conversation that gets the head of the audit chain daily; none: nowhere.')
param auditAnchorConversation string = 'none'

@description('How long ended requests and evidence are kept; 0: for ever.')
param historyDays string = '365'

@description('Limits that Defender is held to; lower them where somebody else uses live response by API as well.')
param defenderRunsPerMinute string = '10'
param defenderSessions string = '50'
param defenderQueueHours string = '2'

param tags object = { app: 'live-response-for-teams' }

var base = toLower('lr-${suffix}')

// docs/admin.md has the same table.
var defenderHosts = {
  public: 'https://api.security.microsoft.com'
  gcc: 'https://api-gcc.securitycenter.microsoft.us'
  gccHigh: 'https://api-gov.securitycenter.microsoft.us'
  dod: 'https://api-gov.securitycenter.microsoft.us'
}

resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: '${base}-bot'
}

resource platformIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: '${base}-platform'
}

resource hosting 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: '${base}-hosting'
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {
  name: registryName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: base
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${botIdentity.id}': {}
      '${platformIdentity.id}': {}
    }
  }
  properties: {
    environmentId: hosting.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        allowInsecure: false
        targetPort: 3978
        transport: 'http'
      }
      // The code gets tokens of the bot's identity only; the platform's is for pulling and for the vault.
      identitySettings: [
        { identity: botIdentity.id, lifecycle: 'Main' }
        { identity: platformIdentity.id, lifecycle: 'None' }
      ]
      registries: [
        { server: registry.properties.loginServer, identity: platformIdentity.id }
      ]
      secrets: [
        {
          name: 'database-url'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/database-url'
          identity: platformIdentity.id
        }
      ]
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'service'
          image: '${registry.properties.loginServer}/live-response:${imageTag}'
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            { name: 'PORT', value: '3978' }
            // Not the ingress's: /readyz and /metrics are for the platform and for who is in this network.
            { name: 'OPS_PORT', value: '3979' }
            { name: 'BOT_ID', value: botIdentity.properties.clientId }
            { name: 'BOT_TYPE', value: 'UserAssignedMsi' }
            { name: 'BOT_TENANT_ID', value: botIdentity.properties.tenantId }
            { name: 'TEAMS_TENANT_IDS', value: teamsTenantIds == 'default' ? tenant().tenantId : teamsTenantIds }
            { name: 'TEAMS_CLOUD', value: teamsCloud }
            { name: 'TEAMS_ALLOW_SHARED_CHANNELS', value: allowSharedChannels }
            { name: 'DEFENDER_API_URL', value: defenderApiUrl == 'default' ? defenderHosts[teamsCloud] : defenderApiUrl }
            { name: 'DEFENDER_CLIENT_ID', value: botIdentity.properties.clientId }
            { name: 'DATABASE_URL', secretRef: 'database-url' }
            { name: 'EVIDENCE_DIR', value: '/data/evidence' }
            { name: 'AUDIT_ANCHOR_CONVERSATION', value: auditAnchorConversation == 'none' ? '' : auditAnchorConversation }
            { name: 'HISTORY_DAYS', value: historyDays }
            { name: 'DEFENDER_RUNS_PER_MINUTE', value: defenderRunsPerMinute }
            { name: 'DEFENDER_SESSIONS', value: defenderSessions }
            { name: 'DEFENDER_QUEUE_HOURS', value: defenderQueueHours }
          ]
          volumeMounts: [
            { volumeName: 'evidence', mountPath: '/data/evidence' }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/healthz', port: 3978 }
              // Ten minutes: a step of the schema may take that on a large database.
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 120
            }
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: 3978 }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: 3979 }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'evidence'
          storageType: 'AzureFile'
          storageName: 'evidence'
          // The image's account, and nobody else; the share has no Unix permissions of its own. No cached time stamps (actimeo), since another
          // replica may just have kept again what this one is about to remove.
          mountOptions: 'uid=1000,gid=1000,dir_mode=0700,file_mode=0600,nobrl,actimeo=0'
        }
      ]
      // Calls come from Teams in small numbers; more replicas are for outages, not for load.
      scale: {
        minReplicas: int(replicas)
        maxReplicas: int(replicas)
      }
    }
  }
}
