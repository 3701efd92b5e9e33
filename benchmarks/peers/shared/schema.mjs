// The part of the schema that the benchmark asks for.
export const typeDefs = /* GraphQL */ `
  scalar DateTime
  enum DeviceStatus { AVAILABLE ALLOCATED MAINTENANCE FAILED RETIRED }
  enum NodeStatus { READY NOT_READY }
  type GpuNode { id: ID! nodeName: String! clusterName: String! nodeStatus: NodeStatus! }
  type GpuModel { id: ID! modelName: String! memoryGb: Int! architecture: String! }
  type GpuMetric {
    deviceId: ID!
    timestamp: DateTime!
    gpuUtilizationPct: Float
    memoryUsedMb: Int
    memoryTotalMb: Int
    temperatureC: Int
    powerDrawW: Float
  }
  type Device {
    id: ID!
    gpuUuid: String!
    deviceIndex: Int!
    deviceStatus: DeviceStatus!
    pciAddress: String!
    node: GpuNode!
    model: GpuModel!
    latestMetric: GpuMetric
  }
  type DeviceConnection { nodes: [Device!]! }
  type Query { devices(first: Int!): DeviceConnection! }
  type Subscription { gpuMetrics: [GpuMetric!]! }
`;
