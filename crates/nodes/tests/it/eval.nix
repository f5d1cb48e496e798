# Evaluates rendered modules without nixpkgs: as much of the module system as they use, and packages that are names.
{
  machine,
  kernel,
  nftables,
}:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    head
    isAttrs
    isFunction
    isList
    isPath
    isString
    length
    listToAttrs
    map
    mapAttrs
    match
    replaceStrings
    sort
    substring
    stringLength
    ;

  lib = rec {
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };
    mkForce = mkOverride 50;
    mkDefault = mkOverride 1000;
    mkOption = option: option // { _type = "option"; };
    mkEnableOption = text: mkOption { default = false; };
    types = {
      raw = null;
      str = null;
      port = null;
      listOf = type: null;
      nullOr = type: null;
      enum = values: null;
    };
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    inherit concatStringsSep replaceStrings;
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    removePrefix =
      prefix: text:
      if substring 0 (stringLength prefix) text == prefix then
        substring (stringLength prefix) (stringLength text) text
      else
        text;
    versionOlder = a: b: builtins.compareVersions a b < 0;
    versions.majorMinor =
      version:
      let
        parts = builtins.splitVersion version;
      in
      "${elemAt parts 0}.${elemAt parts 1}";
  };

  package = name: {
    inherit name;
    outPath = "/nix/store/${name}";
  };
  pkgs = {
    cilium-cli = package "cilium-cli";
    k9s = package "k9s";
    kubectl = package "kubectl";
    k3s_1_36 = package "k3s" // {
      version = "1.36.3+k3s1";
    };
    writeText = name: text: package name;
  };

  plain = value: isAttrs value && !(value ? _type) && !(value ? outPath);

  # What a definition comes to: its content with its priority, or nothing where a condition fails.
  settle =
    priority: value:
    if !(isAttrs value) || !(value ? _type) then
      [ { inherit priority value; } ]
    else if value._type == "if" then
      (if value.condition then settle priority value.content else [ ])
    else
      settle value.priority value.content;

  # Conditions move down to the leaves, so that names are known before conditions are.
  down =
    value:
    if isAttrs value && (value._type or "") == "if" && plain value.content then
      mapAttrs (name: inner: down (lib.mkIf value.condition inner)) value.content
    else
      value;

  merge =
    definitions:
    let
      pushed = map down definitions;
      settled = concatMap (settle 100) pushed;
      best = foldl' (least: one: if one.priority < least then one.priority else least) 10000 settled;
      values = map (one: one.value) (filter (one: one.priority == best) settled);
    in
    if length pushed > 0 && all plain pushed then
      listToAttrs (
        map (name: {
          inherit name;
          value = merge (map (set: set.${name}) (filter (set: set ? ${name}) pushed));
        }) (names pushed)
      )
    else if values == [ ] then
      null
    else if all plain values then
      merge values
    else if all isList values then
      concatLists values
    else if length values > 1 && all isString values && !(all (value: value == head values) values) then
      concatStringsSep "\n" values
    else if all (value: value == head values) values then
      head values
    else
      throw "definitions disagree: ${builtins.toJSON values}";
  names =
    sets:
    foldl' (known: name: if elem name known then known else known ++ [ name ]) [ ] (concatMap attrNames sets);

  defaults =
    options:
    listToAttrs (
      concatMap (
        name:
        let
          option = options.${name};
        in
        if (option._type or "") == "option" then
          (if option ? default then [ { inherit name; value = lib.mkOverride 1500 option.default; } ] else [ ])
        else
          [ { inherit name; value = defaults option; } ]
      ) (attrNames options)
    );

  load =
    known: path:
    if elem (toString path) known || match ".*/hardware\\.nix" (toString path) != null then
      {
        inherit known;
        modules = [ ];
      }
    else
      let
        module = import path {
          inherit config lib pkgs;
          inputs = { };
        };
        start = {
          known = known ++ [ (toString path) ];
          modules = [ module ];
        };
      in
      foldl' (
        sofar: next:
        let
          more = load sofar.known next;
        in
        {
          inherit (more) known;
          modules = sofar.modules ++ more.modules;
        }
      ) start (module.imports or [ ]);

  modules = (load [ ] machine).modules ++ [
    {
      boot.kernelPackages.kernel.version = kernel;
      networking.nftables.enable = nftables;
    }
  ];
  body = module: module.config or (removeAttrs module [ "imports" "options" ]);
  config = merge (map (module: defaults (module.options or { })) modules ++ map body modules);
in
config
