/**
 * The members that the AWS SDK's model of ECS knows in a task definition, by structure, each with its kind (`name:kind`,
 * text without one; `[kind]` is a list, `map` has names of the user's own). Held against the SDK by a test, which prints
 * what differs: the model itself is too heavy to load in a step.
 */
export const KNOWN_MEMBERS: Readonly<Record<string, string>> = {
  RegisterTaskDefinitionRequest: `
    family containerDefinitions:[ContainerDefinition] taskRoleArn executionRoleArn networkMode volumes:[Volume]
    placementConstraints:[TaskDefinitionPlacementConstraint] requiresCompatibilities:[text] cpu memory tags:[Tag]
    pidMode ipcMode proxyConfiguration:ProxyConfiguration inferenceAccelerators:[InferenceAccelerator]
    ephemeralStorage:EphemeralStorage runtimePlatform:RuntimePlatform enableFaultInjection:boolean
  `,
  ContainerDefinition: `
    name image repositoryCredentials:RepositoryCredentials cpu:number memory:number memoryReservation:number
    links:[text] portMappings:[PortMapping] essential:boolean restartPolicy:ContainerRestartPolicy entryPoint:[text]
    command:[text] environment:[KeyValuePair] environmentFiles:[EnvironmentFile] mountPoints:[MountPoint]
    volumesFrom:[VolumeFrom] linuxParameters:LinuxParameters secrets:[Secret] dependsOn:[ContainerDependency]
    startTimeout:number stopTimeout:number versionConsistency hostname user workingDirectory
    disableNetworking:boolean privileged:boolean readonlyRootFilesystem:boolean dnsServers:[text]
    dnsSearchDomains:[text] extraHosts:[HostEntry] dockerSecurityOptions:[text] interactive:boolean
    pseudoTerminal:boolean dockerLabels:map ulimits:[Ulimit] logConfiguration:LogConfiguration
    healthCheck:HealthCheck systemControls:[SystemControl] resourceRequirements:[ResourceRequirement]
    firelensConfiguration:FirelensConfiguration credentialSpecs:[text]
  `,
  RepositoryCredentials: 'credentialsParameter',
  PortMapping: 'containerPort:number hostPort:number protocol name appProtocol containerPortRange',
  ContainerRestartPolicy: 'enabled:boolean ignoredExitCodes:[number] restartAttemptPeriod:number',
  KeyValuePair: 'name value',
  EnvironmentFile: 'value type',
  MountPoint: 'sourceVolume containerPath readOnly:boolean',
  VolumeFrom: 'sourceContainer readOnly:boolean',
  LinuxParameters: `
    capabilities:KernelCapabilities devices:[Device] initProcessEnabled:boolean sharedMemorySize:number
    tmpfs:[Tmpfs] maxSwap:number swappiness:number
  `,
  KernelCapabilities: 'add:[text] drop:[text]',
  Device: 'hostPath containerPath permissions:[text]',
  Tmpfs: 'containerPath size:number mountOptions:[text]',
  Secret: 'name valueFrom',
  ContainerDependency: 'containerName condition',
  HostEntry: 'hostname ipAddress',
  Ulimit: 'name softLimit:number hardLimit:number',
  LogConfiguration: 'logDriver options:map secretOptions:[Secret]',
  HealthCheck: 'command:[text] interval:number timeout:number retries:number startPeriod:number',
  SystemControl: 'namespace value',
  ResourceRequirement: 'type value sharingStrategy:SharingStrategy',
  SharingStrategy: 'nvidiaMps:NvidiaMpsAllocation',
  NvidiaMpsAllocation: 'memory:number maxComputePercent:number',
  FirelensConfiguration: 'type options:map',
  Volume: `
    name host:HostVolumeProperties dockerVolumeConfiguration:DockerVolumeConfiguration
    efsVolumeConfiguration:EFSVolumeConfiguration s3filesVolumeConfiguration:S3FilesVolumeConfiguration
    fsxWindowsFileServerVolumeConfiguration:FSxWindowsFileServerVolumeConfiguration configuredAtLaunch:boolean
  `,
  HostVolumeProperties: 'sourcePath',
  DockerVolumeConfiguration: 'scope autoprovision:boolean driver driverOpts:map labels:map',
  EFSVolumeConfiguration: `
    fileSystemId rootDirectory transitEncryption transitEncryptionPort:number
    authorizationConfig:EFSAuthorizationConfig
  `,
  EFSAuthorizationConfig: 'accessPointId iam',
  S3FilesVolumeConfiguration: 'fileSystemArn rootDirectory transitEncryptionPort:number accessPointArn',
  FSxWindowsFileServerVolumeConfiguration: `
    fileSystemId rootDirectory authorizationConfig:FSxWindowsFileServerAuthorizationConfig
  `,
  FSxWindowsFileServerAuthorizationConfig: 'credentialsParameter domain',
  TaskDefinitionPlacementConstraint: 'type expression',
  Tag: 'key value',
  ProxyConfiguration: 'containerName type properties:[KeyValuePair]',
  InferenceAccelerator: 'deviceName deviceType',
  EphemeralStorage: 'sizeInGiB:number',
  RuntimePlatform: 'cpuArchitecture operatingSystemFamily',
};

/** The structure that a whole task definition is. */
export const ROOT = 'RegisterTaskDefinitionRequest';
