// The part of the schema that the benchmark asks for.
export const typeDefs = /* GraphQL */ `
  type GpuNode { id: ID! nodeName: String! clusterName: String! nodeStatus: String! }
  type GpuModel { id: ID! modelName: String! memoryGb: Int! architecture: String! }
  type GpuMetric {
    deviceId: ID!
    timestamp: String!
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
    deviceStatus: String!
    pciAddress: String!
    node: GpuNode!
    model: GpuModel!
    latestMetric: GpuMetric
  }
  type DeviceConnection { nodes: [Device!]! }
  type Query { devices(first: Int!): DeviceConnection! }
  type Subscription { gpuMetrics: [GpuMetric!]! }
`;
