/**
 * The nodes a client can browse and read: a folder `Plant` below Objects, in it one variable per plant node, described
 * as far as the historian can: data type, units, range, names of states, access, how it is historized.
 *
 * The address space follows the historian: points that were created, deleted, renamed or changed their type since are
 * seen by the next request.
 */
import type { DataValue, Namespace, NodeId, UAObject, UAVariable } from 'node-opcua'
import type { HistorianPoint } from '../point.ts'
import type { DataServer } from '../data-server.ts'
import { dateOf, type DataValues } from './data-value.ts'
import type { NodeOpcua } from './node-opcua.ts'
import { typeOfPoint } from './pi-series.ts'
import { isPoint, type ExtraNode, type Plant, type PlantNode } from './plant.ts'
import type { UaType } from './row.ts'
import { UA_STATUS } from './status.ts'
import type { OpcUaSwitches } from './switches.ts'

export const PLANT_NAMESPACE = 'urn:banyan:simulator'
export const PLANT_FOLDER = 'Plant'
/** Nobody subscribes to the double; the library wants to know how often it could look. */
const SAMPLING_MS = 1000

interface Published {
  readonly variable: UAVariable
  /** What it was described as; when that changes, it is made anew. */
  readonly origin: HistorianPoint | ExtraNode
  readonly type: UaType
}

export interface AddressSpaceContext {
  readonly opcua: NodeOpcua
  readonly values: DataValues
  readonly plant: Plant
  readonly dataServer: DataServer
  readonly switches: () => OpcUaSwitches
}

export class PlantAddressSpace {
  readonly #context: AddressSpaceContext
  readonly #namespace: Namespace
  readonly #folder: UAObject
  readonly #published = new Map<string, Published>()

  constructor(context: AddressSpaceContext, namespace: Namespace) {
    this.#context = context
    this.#namespace = namespace
    const { objects } = namespace.addressSpace.rootFolder
    const nodeId = this.#nodeId(PLANT_FOLDER)
    this.#folder = namespace.addObject({ browseName: PLANT_FOLDER, nodeId, organizedBy: objects })
  }

  /** Brings the nodes up to date with the plant and the switches. */
  follow(): void {
    const { plant, switches } = this.#context
    const { deniedNodes, removedNodes } = switches()
    const present = new Map(plant.nodes.filter(({ name }) => !removedNodes.includes(name)).map((n) => [n.name, n]))
    for (const [name, { variable, origin, type }] of this.#published) {
      const node = present.get(name)
      if (node?.origin === origin && typeOf(node) === type) continue
      this.#namespace.deleteNode(variable)
      this.#published.delete(name)
    }
    for (const [name, node] of present) {
      let published = this.#published.get(name)
      if (published === undefined) {
        published = { variable: this.#publish(node), origin: node.origin, type: typeOf(node) }
        this.#published.set(name, published)
      }
      published.variable.userAccessLevel = this.#accessLevel(node, deniedNodes.includes(name))
    }
  }

  #nodeId(name: string): NodeId {
    const { NodeId, NodeIdType } = this.#context.opcua
    return new NodeId(NodeIdType.STRING, name, this.#namespace.index)
  }

  #accessLevel(node: PlantNode, isDenied: boolean): number {
    const { AccessLevelFlag } = this.#context.opcua
    if (isDenied) return AccessLevelFlag.NONE
    return AccessLevelFlag.CurrentRead | (node.hasHistory ? AccessLevelFlag.HistoryRead : 0)
  }

  #publish(node: PlantNode): UAVariable {
    const { origin } = node
    const type = typeOf(node)
    const variable = this.#namespace.addVariable({
      browseName: node.name,
      nodeId: this.#nodeId(node.name),
      organizedBy: this.#folder,
      dataType: type,
      description: isPoint(origin) ? origin.descriptor : '',
      valueRank: !isPoint(origin) && origin.isArray === true ? 1 : -1,
      accessLevel: this.#accessLevel(node, false),
      historizing: node.hasHistory,
      minimumSamplingInterval: SAMPLING_MS,
      value: { timestamped_get: () => this.#currentValue(node) },
    })
    if (isPoint(origin)) this.#describePoint(variable, origin)
    else this.#describeStates(variable, origin.states ?? [])
    if (node.hasHistory) this.#describeHistory(variable, node)
    return variable
  }

  #currentValue({ series }: PlantNode): DataValue {
    const { values } = this.#context
    const newest = series.length === 0 ? undefined : series.rowAt(series.length - 1)
    const row = newest ?? { ticks: 0n, status: UA_STATUS.badWaitingForInitialData, value: undefined }
    return values.dataValue(row, { source: true, server: true })
  }

  #describePoint(variable: UAVariable, point: HistorianPoint): void {
    const { opcua, dataServer } = this.#context
    if (point.pointType === 'Digital') {
      const set = dataServer.enumerationSets.find(({ name }) => name === point.digitalSet)
      this.#describeStates(variable, set?.states ?? [])
      return
    }
    if (!/^(Float|Int)/.test(point.pointType)) return
    const range = new opcua.Range({ low: point.zero, high: point.zero + point.span })
    this.#property(variable, 'EURange', 'Range', { dataType: opcua.DataType.ExtensionObject, value: range })
    if (point.engineeringUnits === '') return
    const units = opcua.makeEUInformation(point.engineeringUnits, point.engineeringUnits, point.engineeringUnits)
    this.#property(variable, 'EngineeringUnits', 'EUInformation', {
      dataType: opcua.DataType.ExtensionObject,
      value: units,
    })
  }

  #describeStates(variable: UAVariable, states: readonly { readonly value: number; readonly name: string }[]): void {
    if (states.length === 0) return
    const { DataType, EnumValueType, LocalizedText, VariantArrayType } = this.#context.opcua
    const arrayType = VariantArrayType.Array
    if (states.every(({ value }, index) => value === index)) {
      const value = states.map(({ name }) => new LocalizedText({ text: name }))
      this.#property(variable, 'EnumStrings', 'LocalizedText', { dataType: DataType.LocalizedText, arrayType, value })
      return
    }
    const value = states.map(
      (state) => new EnumValueType({ value: int64(state.value), displayName: { text: state.name } }),
    )
    this.#property(variable, 'EnumValues', 'EnumValueType', { dataType: DataType.ExtensionObject, arrayType, value })
  }

  #describeHistory(variable: UAVariable, { origin, series }: PlantNode): void {
    const { DataType } = this.#context.opcua
    const configuration = this.#namespace.addObject({
      browseName: { name: 'HA Configuration', namespaceIndex: 0 },
      typeDefinition: 'HistoricalDataConfigurationType',
    })
    variable.addReference({ referenceType: 'HasHistoricalConfiguration', nodeId: configuration })
    const stepped = isPoint(origin) ? origin.step : true
    this.#property(configuration, 'Stepped', 'Boolean', { dataType: DataType.Boolean, value: stepped })
    if (series.length === 0) return
    const { date } = dateOf(series.ticksAt(0))
    this.#property(configuration, 'StartOfArchive', 'UtcTime', { dataType: DataType.DateTime, value: date })
  }

  #property(parent: UAVariable | UAObject, name: string, dataType: string, value: object): void {
    this.#namespace.addVariable({
      propertyOf: parent,
      browseName: { name, namespaceIndex: 0 },
      typeDefinition: 'PropertyType',
      dataType,
      valueRank: 'arrayType' in value ? 1 : -1,
      value,
    })
  }
}

function typeOf({ origin }: PlantNode): UaType {
  return isPoint(origin) ? typeOfPoint(origin.pointType) : origin.type
}

function int64(value: number): [number, number] {
  return [value < 0 ? 0xffff_ffff : 0, value >>> 0]
}
