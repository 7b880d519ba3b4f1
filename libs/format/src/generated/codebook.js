/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["dqn-format-codebook"] || ($protobuf.roots["dqn-format-codebook"] = {});

export const dqn = $root.dqn = (() => {

    /**
     * Namespace dqn.
     * @exports dqn
     * @namespace
     */
    const dqn = {};

    dqn.codebook = (function() {

        /**
         * Namespace codebook.
         * @memberof dqn
         * @namespace
         */
        const codebook = {};

        codebook.CodebookFile = (function() {

            /**
             * Properties of a CodebookFile.
             * @typedef {Object} dqn.codebook.CodebookFile.$Properties
             * @property {string|null} [magic] CodebookFile magic
             * @property {number|null} [schemaVersion] CodebookFile schemaVersion
             * @property {Uint8Array|null} [payloadSha256] CodebookFile payloadSha256
             * @property {Uint8Array|null} [payload] CodebookFile payload
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a CodebookFile.
             * @memberof dqn.codebook
             * @interface ICodebookFile
             * @augments dqn.codebook.CodebookFile.$Properties
             * @deprecated Use dqn.codebook.CodebookFile.$Properties instead.
             */

            /**
             * Shape of a CodebookFile.
             * @typedef {dqn.codebook.CodebookFile.$Properties} dqn.codebook.CodebookFile.$Shape
             */

            /**
             * Constructs a new CodebookFile.
             * @memberof dqn.codebook
             * @classdesc Represents a CodebookFile.
             * @constructor
             * @param {dqn.codebook.CodebookFile.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const CodebookFile = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * CodebookFile magic.
             * @member {string} magic
             * @memberof dqn.codebook.CodebookFile
             * @instance
             */
            CodebookFile.prototype.magic = "";

            /**
             * CodebookFile schemaVersion.
             * @member {number} schemaVersion
             * @memberof dqn.codebook.CodebookFile
             * @instance
             */
            CodebookFile.prototype.schemaVersion = 0;

            /**
             * CodebookFile payloadSha256.
             * @member {Uint8Array} payloadSha256
             * @memberof dqn.codebook.CodebookFile
             * @instance
             */
            CodebookFile.prototype.payloadSha256 = $util.newBuffer([]);

            /**
             * CodebookFile payload.
             * @member {Uint8Array} payload
             * @memberof dqn.codebook.CodebookFile
             * @instance
             */
            CodebookFile.prototype.payload = $util.newBuffer([]);

            /**
             * Creates a new CodebookFile instance using the specified properties.
             * @function create
             * @memberof dqn.codebook.CodebookFile
             * @static
             * @param {dqn.codebook.CodebookFile.$Properties=} [properties] Properties to set
             * @returns {dqn.codebook.CodebookFile} CodebookFile instance
             * @type {{
             *   (properties: dqn.codebook.CodebookFile.$Shape): dqn.codebook.CodebookFile & dqn.codebook.CodebookFile.$Shape;
             *   (properties?: dqn.codebook.CodebookFile.$Properties): dqn.codebook.CodebookFile;
             * }}
             */
            CodebookFile.create = function(properties) {
                return new CodebookFile(properties);
            };

            /**
             * Encodes the specified CodebookFile message. Does not implicitly {@link dqn.codebook.CodebookFile.verify|verify} messages.
             * @function encode
             * @memberof dqn.codebook.CodebookFile
             * @static
             * @param {dqn.codebook.CodebookFile.$Properties} message CodebookFile message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            CodebookFile.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.magic != null && $Object.hasOwnProperty.call(message, "magic") && message.magic !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.magic);
                if (message.schemaVersion != null && $Object.hasOwnProperty.call(message, "schemaVersion") && message.schemaVersion !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.schemaVersion);
                if (message.payloadSha256 != null && $Object.hasOwnProperty.call(message, "payloadSha256") && message.payloadSha256.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.payloadSha256);
                if (message.payload != null && $Object.hasOwnProperty.call(message, "payload") && message.payload.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.payload);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a CodebookFile message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.codebook.CodebookFile
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.codebook.CodebookFile & dqn.codebook.CodebookFile.$Shape} CodebookFile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            CodebookFile.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.dqn.codebook.CodebookFile();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.magic = value;
                            else
                                delete message.magic;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.schemaVersion = value;
                            else
                                delete message.schemaVersion;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.payloadSha256 = value;
                            else
                                delete message.payloadSha256;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.payload = value;
                            else
                                delete message.payload;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Gets the type url for CodebookFile
             * @function getTypeUrl
             * @memberof dqn.codebook.CodebookFile
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            CodebookFile.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.codebook.CodebookFile";
            };

            return CodebookFile;
        })();

        codebook.Codebook = (function() {

            /**
             * Properties of a Codebook.
             * @typedef {Object} dqn.codebook.Codebook.$Properties
             * @property {number|null} [m] Codebook m
             * @property {number|null} [k] Codebook k
             * @property {number|null} [d] Codebook d
             * @property {Uint8Array|null} [codewords] Codebook codewords
             * @property {dqn.codebook.Distance|null} [distance] Codebook distance
             * @property {Uint8Array|null} [modelSha256] Codebook modelSha256
             * @property {Uint8Array|null} [preprocessSha256] Codebook preprocessSha256
             * @property {Array.<string>|null} [classes] Codebook classes
             * @property {dqn.codebook.Training.$Properties|null} [training] Codebook training
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Codebook.
             * @memberof dqn.codebook
             * @interface ICodebook
             * @augments dqn.codebook.Codebook.$Properties
             * @deprecated Use dqn.codebook.Codebook.$Properties instead.
             */

            /**
             * Shape of a Codebook.
             * @typedef {dqn.codebook.Codebook.$Properties} dqn.codebook.Codebook.$Shape
             */

            /**
             * Constructs a new Codebook.
             * @memberof dqn.codebook
             * @classdesc Represents a Codebook.
             * @constructor
             * @param {dqn.codebook.Codebook.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Codebook = function (properties) {
                this.classes = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Codebook m.
             * @member {number} m
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.m = 0;

            /**
             * Codebook k.
             * @member {number} k
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.k = 0;

            /**
             * Codebook d.
             * @member {number} d
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.d = 0;

            /**
             * Codebook codewords.
             * @member {Uint8Array} codewords
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.codewords = $util.newBuffer([]);

            /**
             * Codebook distance.
             * @member {dqn.codebook.Distance} distance
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.distance = 0;

            /**
             * Codebook modelSha256.
             * @member {Uint8Array} modelSha256
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.modelSha256 = $util.newBuffer([]);

            /**
             * Codebook preprocessSha256.
             * @member {Uint8Array} preprocessSha256
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.preprocessSha256 = $util.newBuffer([]);

            /**
             * Codebook classes.
             * @member {Array.<string>} classes
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.classes = $util.emptyArray;

            /**
             * Codebook training.
             * @member {dqn.codebook.Training.$Properties|null|undefined} training
             * @memberof dqn.codebook.Codebook
             * @instance
             */
            Codebook.prototype.training = null;

            /**
             * Creates a new Codebook instance using the specified properties.
             * @function create
             * @memberof dqn.codebook.Codebook
             * @static
             * @param {dqn.codebook.Codebook.$Properties=} [properties] Properties to set
             * @returns {dqn.codebook.Codebook} Codebook instance
             * @type {{
             *   (properties: dqn.codebook.Codebook.$Shape): dqn.codebook.Codebook & dqn.codebook.Codebook.$Shape;
             *   (properties?: dqn.codebook.Codebook.$Properties): dqn.codebook.Codebook;
             * }}
             */
            Codebook.create = function(properties) {
                return new Codebook(properties);
            };

            /**
             * Encodes the specified Codebook message. Does not implicitly {@link dqn.codebook.Codebook.verify|verify} messages.
             * @function encode
             * @memberof dqn.codebook.Codebook
             * @static
             * @param {dqn.codebook.Codebook.$Properties} message Codebook message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Codebook.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.m != null && $Object.hasOwnProperty.call(message, "m") && message.m !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.m);
                if (message.k != null && $Object.hasOwnProperty.call(message, "k") && message.k !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.k);
                if (message.d != null && $Object.hasOwnProperty.call(message, "d") && message.d !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.d);
                if (message.codewords != null && $Object.hasOwnProperty.call(message, "codewords") && message.codewords.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.codewords);
                if (message.distance != null && $Object.hasOwnProperty.call(message, "distance") && message.distance !== 0)
                    writer.uint32(/* id 5, wireType 0 =*/40).int32(message.distance);
                if (message.modelSha256 != null && $Object.hasOwnProperty.call(message, "modelSha256") && message.modelSha256.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.modelSha256);
                if (message.preprocessSha256 != null && $Object.hasOwnProperty.call(message, "preprocessSha256") && message.preprocessSha256.length)
                    writer.uint32(/* id 7, wireType 2 =*/58).bytes(message.preprocessSha256);
                if (message.classes != null && message.classes.length)
                    for (let i = 0; i < message.classes.length; ++i)
                        writer.uint32(/* id 8, wireType 2 =*/66).string(message.classes[i]);
                if (message.training != null && $Object.hasOwnProperty.call(message, "training"))
                    $root.dqn.codebook.Training.encode(message.training, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Codebook message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.codebook.Codebook
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.codebook.Codebook & dqn.codebook.Codebook.$Shape} Codebook
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Codebook.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.dqn.codebook.Codebook();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.m = value;
                            else
                                delete message.m;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.k = value;
                            else
                                delete message.k;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.d = value;
                            else
                                delete message.d;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.codewords = value;
                            else
                                delete message.codewords;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.distance = value;
                            else
                                delete message.distance;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.modelSha256 = value;
                            else
                                delete message.modelSha256;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.preprocessSha256 = value;
                            else
                                delete message.preprocessSha256;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if (!(message.classes && message.classes.length))
                                message.classes = [];
                            message.classes.push(reader.stringVerify());
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.training = $root.dqn.codebook.Training.decode(reader, reader.size(), $undefined, _depth + 1, message.training);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Gets the type url for Codebook
             * @function getTypeUrl
             * @memberof dqn.codebook.Codebook
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            Codebook.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.codebook.Codebook";
            };

            return Codebook;
        })();

        /**
         * Distance enum.
         * @name dqn.codebook.Distance
         * @enum {number}
         * @property {number} DISTANCE_UNSPECIFIED=0 DISTANCE_UNSPECIFIED value
         * @property {number} DISTANCE_AQD=1 DISTANCE_AQD value
         * @property {number} DISTANCE_IP=2 DISTANCE_IP value
         * @property {number} DISTANCE_SQD=3 DISTANCE_SQD value
         */
        codebook.Distance = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "DISTANCE_UNSPECIFIED"] = 0;
            values[valuesById[1] = "DISTANCE_AQD"] = 1;
            values[valuesById[2] = "DISTANCE_IP"] = 2;
            values[valuesById[3] = "DISTANCE_SQD"] = 3;
            return values;
        })();

        codebook.Training = (function() {

            /**
             * Properties of a Training.
             * @typedef {Object} dqn.codebook.Training.$Properties
             * @property {string|null} [data] Training data
             * @property {string|null} [protocol] Training protocol
             * @property {string|null} [recipe] Training recipe
             * @property {number|Long|null} [seed] Training seed
             * @property {string|null} [engine] Training engine
             * @property {number|null} [epochs] Training epochs
             * @property {number|null} [trainImages] Training trainImages
             * @property {string|null} [metric] Training metric
             * @property {number|null} [map] Training map
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Training.
             * @memberof dqn.codebook
             * @interface ITraining
             * @augments dqn.codebook.Training.$Properties
             * @deprecated Use dqn.codebook.Training.$Properties instead.
             */

            /**
             * Shape of a Training.
             * @typedef {dqn.codebook.Training.$Properties} dqn.codebook.Training.$Shape
             */

            /**
             * Constructs a new Training.
             * @memberof dqn.codebook
             * @classdesc Represents a Training.
             * @constructor
             * @param {dqn.codebook.Training.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Training = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Training data.
             * @member {string} data
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.data = "";

            /**
             * Training protocol.
             * @member {string} protocol
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.protocol = "";

            /**
             * Training recipe.
             * @member {string} recipe
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.recipe = "";

            /**
             * Training seed.
             * @member {number|Long} seed
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.seed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Training engine.
             * @member {string} engine
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.engine = "";

            /**
             * Training epochs.
             * @member {number} epochs
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.epochs = 0;

            /**
             * Training trainImages.
             * @member {number} trainImages
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.trainImages = 0;

            /**
             * Training metric.
             * @member {string} metric
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.metric = "";

            /**
             * Training map.
             * @member {number|null|undefined} map
             * @memberof dqn.codebook.Training
             * @instance
             */
            Training.prototype.map = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Training.prototype, "_map", {
                get: $util.oneOfGetter($oneOfFields = ["map"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Creates a new Training instance using the specified properties.
             * @function create
             * @memberof dqn.codebook.Training
             * @static
             * @param {dqn.codebook.Training.$Properties=} [properties] Properties to set
             * @returns {dqn.codebook.Training} Training instance
             * @type {{
             *   (properties: dqn.codebook.Training.$Shape): dqn.codebook.Training & dqn.codebook.Training.$Shape;
             *   (properties?: dqn.codebook.Training.$Properties): dqn.codebook.Training;
             * }}
             */
            Training.create = function(properties) {
                return new Training(properties);
            };

            /**
             * Encodes the specified Training message. Does not implicitly {@link dqn.codebook.Training.verify|verify} messages.
             * @function encode
             * @memberof dqn.codebook.Training
             * @static
             * @param {dqn.codebook.Training.$Properties} message Training message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Training.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.data);
                if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol") && message.protocol !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.protocol);
                if (message.recipe != null && $Object.hasOwnProperty.call(message, "recipe") && message.recipe !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.recipe);
                if (message.seed != null && $Object.hasOwnProperty.call(message, "seed") && (typeof message.seed === "object" ? message.seed.low || message.seed.high : message.seed !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.seed);
                if (message.engine != null && $Object.hasOwnProperty.call(message, "engine") && message.engine !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.engine);
                if (message.epochs != null && $Object.hasOwnProperty.call(message, "epochs") && message.epochs !== 0)
                    writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.epochs);
                if (message.trainImages != null && $Object.hasOwnProperty.call(message, "trainImages") && message.trainImages !== 0)
                    writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.trainImages);
                if (message.metric != null && $Object.hasOwnProperty.call(message, "metric") && message.metric !== "")
                    writer.uint32(/* id 8, wireType 2 =*/66).string(message.metric);
                if (message.map != null && $Object.hasOwnProperty.call(message, "map"))
                    writer.uint32(/* id 9, wireType 1 =*/73).double(message.map);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Training message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.codebook.Training
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.codebook.Training & dqn.codebook.Training.$Shape} Training
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Training.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.dqn.codebook.Training();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.data = value;
                            else
                                delete message.data;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.protocol = value;
                            else
                                delete message.protocol;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.recipe = value;
                            else
                                delete message.recipe;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.seed = value;
                            else
                                delete message.seed;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.engine = value;
                            else
                                delete message.engine;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.epochs = value;
                            else
                                delete message.epochs;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.trainImages = value;
                            else
                                delete message.trainImages;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.metric = value;
                            else
                                delete message.metric;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 1)
                                break;
                            message.map = reader.double();
                            message._map = "map";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Gets the type url for Training
             * @function getTypeUrl
             * @memberof dqn.codebook.Training
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            Training.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.codebook.Training";
            };

            return Training;
        })();

        return codebook;
    })();

    return dqn;
})();

export {
  $root as default
};
