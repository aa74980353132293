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
@minValue(1)
param replicas int = 2

@description('Tenants whose people are served, with commas between them.')
param teamsTenantIds string = tenant().tenantId

@allowed(['public', 'gcc', 'gccHigh', 'dod'])
param teamsCloud string = 'public'

@description('The API host of your Defender cloud; one host for everything.')
param defenderApiUrl string = 'https://api.security.microsoft.com'

@description('The Graph host of your cloud; asked only for Entra groups that the policy names.')
param graphApiUrl string = 'https://graph.microsoft.com'

@description('1: channels shared with others are served as well, their foreign members never.')
@allowed(['0', '1'])
param allowSharedChannels string = '0'

@description('Conversation that gets the head of the audit chain daily; empty: none.')
param auditAnchorConversation string = ''

param tags object = { app: 'live-response-for-teams' }

var base = 'lr-${suffix}'

resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: '${base}-bot'
}

resource platformIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: '${base}-platform'
}

resource hosting 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: '${base}-hosting'
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
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
            { name: 'TEAMS_TENANT_IDS', value: teamsTenantIds }
            { name: 'TEAMS_CLOUD', value: teamsCloud }
            { name: 'TEAMS_ALLOW_SHARED_CHANNELS', value: allowSharedChannels }
            { name: 'GRAPH_API_URL', value: graphApiUrl }
            { name: 'DEFENDER_API_URL', value: defenderApiUrl }
            { name: 'DEFENDER_CLIENT_ID', value: botIdentity.properties.clientId }
            { name: 'DATABASE_URL', secretRef: 'database-url' }
            { name: 'EVIDENCE_DIR', value: '/data/evidence' }
            { name: 'AUDIT_ANCHOR_CONVERSATION', value: auditAnchorConversation }
          ]
          volumeMounts: [
            { volumeName: 'evidence', mountPath: '/data/evidence' }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/healthz', port: 3978 }
              periodSeconds: 2
              failureThreshold: 30
            }
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: 3978 }
              periodSeconds: 10
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: 3979 }
              periodSeconds: 5
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
          // The image's account, and nobody else; the share has no Unix permissions of its own.
          mountOptions: 'uid=1000,gid=1000,dir_mode=0700,file_mode=0600,nobrl'
        }
      ]
      // Calls come from Teams in small numbers; more replicas are for outages, not for load.
      scale: {
        minReplicas: replicas
        maxReplicas: replicas
      }
    }
  }
}
