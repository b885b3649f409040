/** Where a cluster's machines are connected. */

export interface IsolatedNetworkOptions {
  /**
   * Network offering, by name.
   * @default - the provider's: DefaultIsolatedNetworkOfferingWithSourceNatService, in a VPC DefaultIsolatedNetworkOfferingForVpcNetworks
   */
  readonly offering?: string;
  /** First address of the network, together with `netmask`. @default - chosen by CloudStack, but not for tiers of a VPC */
  readonly gateway?: string;
  /** Together with `gateway`. @default - chosen by CloudStack, but not for tiers of a VPC */
  readonly netmask?: string;
  /** Makes the network a tier of this VPC. @default - no VPC */
  readonly vpc?: VpcOptions;
}

export interface VpcOptions {
  readonly name: string;
  /** Used when the VPC has to be created. @default - the VPC must exist */
  readonly cidr?: string;
  /** VPC offering, by name. @default 'Default VPC offering' */
  readonly offering?: string;
}

/** A network by name. Made by {@link IsolatedNetwork.named} or {@link SharedNetwork.named}. */
export interface Network {
  readonly kind: 'isolated' | 'shared';
  readonly name: string;
  readonly options: IsolatedNetworkOptions;
}

/** An isolated network with its own router: created when no network of that name exists, and removed with the cluster. */
export class IsolatedNetwork implements Network {
  readonly kind = 'isolated';

  private constructor(
    readonly name: string,
    readonly options: IsolatedNetworkOptions,
  ) {}

  static named(name: string, options: IsolatedNetworkOptions = {}): IsolatedNetwork {
    return new IsolatedNetwork(name, options);
  }
}

/** A network that exists and is left alone. The cluster needs a fixed `endpoint` there (a virtual IP). */
export class SharedNetwork implements Network {
  readonly kind = 'shared';
  readonly options = {};

  private constructor(readonly name: string) {}

  static named(name: string): SharedNetwork {
    return new SharedNetwork(name);
  }
}
