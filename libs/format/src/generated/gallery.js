/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["dqn-format-gallery"] || ($protobuf.roots["dqn-format-gallery"] = {});

export const dqn = $root.dqn = (() => {

    /**
     * Namespace dqn.
     * @exports dqn
     * @namespace
     */
    const dqn = {};

    dqn.gallery = (function() {

        /**
         * Namespace gallery.
         * @memberof dqn
         * @namespace
         */
        const gallery = {};

        gallery.GalleryHeader = (function() {

            /**
             * Properties of a GalleryHeader.
             * @typedef {Object} dqn.gallery.GalleryHeader.$Properties
             * @property {Uint8Array|null} [codebookSha256] GalleryHeader codebookSha256
             * @property {number|null} [m] GalleryHeader m
             * @property {number|null} [k] GalleryHeader k
             * @property {number|Long|null} [count] GalleryHeader count
             * @property {Array.<string>|null} [classes] GalleryHeader classes
             * @property {string|null} [thumbnailType] GalleryHeader thumbnailType
             * @property {Array.<dqn.gallery.Section.$Properties>|null} [sections] GalleryHeader sections
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a GalleryHeader.
             * @memberof dqn.gallery
             * @interface IGalleryHeader
             * @augments dqn.gallery.GalleryHeader.$Properties
             * @deprecated Use dqn.gallery.GalleryHeader.$Properties instead.
             */

            /**
             * Shape of a GalleryHeader.
             * @typedef {dqn.gallery.GalleryHeader.$Properties} dqn.gallery.GalleryHeader.$Shape
             */

            /**
             * Constructs a new GalleryHeader.
             * @memberof dqn.gallery
             * @classdesc Represents a GalleryHeader.
             * @constructor
             * @param {dqn.gallery.GalleryHeader.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const GalleryHeader = function (properties) {
                this.classes = [];
                this.sections = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * GalleryHeader codebookSha256.
             * @member {Uint8Array} codebookSha256
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.codebookSha256 = $util.newBuffer([]);

            /**
             * GalleryHeader m.
             * @member {number} m
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.m = 0;

            /**
             * GalleryHeader k.
             * @member {number} k
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.k = 0;

            /**
             * GalleryHeader count.
             * @member {number|Long} count
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.count = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * GalleryHeader classes.
             * @member {Array.<string>} classes
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.classes = $util.emptyArray;

            /**
             * GalleryHeader thumbnailType.
             * @member {string} thumbnailType
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.thumbnailType = "";

            /**
             * GalleryHeader sections.
             * @member {Array.<dqn.gallery.Section.$Properties>} sections
             * @memberof dqn.gallery.GalleryHeader
             * @instance
             */
            GalleryHeader.prototype.sections = $util.emptyArray;

            /**
             * Creates a new GalleryHeader instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.GalleryHeader
             * @static
             * @param {dqn.gallery.GalleryHeader.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.GalleryHeader} GalleryHeader instance
             * @type {{
             *   (properties: dqn.gallery.GalleryHeader.$Shape): dqn.gallery.GalleryHeader & dqn.gallery.GalleryHeader.$Shape;
             *   (properties?: dqn.gallery.GalleryHeader.$Properties): dqn.gallery.GalleryHeader;
             * }}
             */
            GalleryHeader.create = function(properties) {
                return new GalleryHeader(properties);
            };

            /**
             * Encodes the specified GalleryHeader message. Does not implicitly {@link dqn.gallery.GalleryHeader.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.GalleryHeader
             * @static
             * @param {dqn.gallery.GalleryHeader.$Properties} message GalleryHeader message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            GalleryHeader.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.codebookSha256 != null && $Object.hasOwnProperty.call(message, "codebookSha256") && message.codebookSha256.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.codebookSha256);
                if (message.m != null && $Object.hasOwnProperty.call(message, "m") && message.m !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.m);
                if (message.k != null && $Object.hasOwnProperty.call(message, "k") && message.k !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.k);
                if (message.count != null && $Object.hasOwnProperty.call(message, "count") && (typeof message.count === "object" ? message.count.low || message.count.high : message.count !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.count);
                if (message.classes != null && message.classes.length)
                    for (let i = 0; i < message.classes.length; ++i)
                        writer.uint32(/* id 5, wireType 2 =*/42).string(message.classes[i]);
                if (message.thumbnailType != null && $Object.hasOwnProperty.call(message, "thumbnailType") && message.thumbnailType !== "")
                    writer.uint32(/* id 6, wireType 2 =*/50).string(message.thumbnailType);
                if (message.sections != null && message.sections.length)
                    for (let i = 0; i < message.sections.length; ++i)
                        $root.dqn.gallery.Section.encode(message.sections[i], writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a GalleryHeader message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.GalleryHeader
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.GalleryHeader & dqn.gallery.GalleryHeader.$Shape} GalleryHeader
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            GalleryHeader.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.GalleryHeader();
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
                            if ((value = reader.bytes()).length)
                                message.codebookSha256 = value;
                            else
                                delete message.codebookSha256;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.m = value;
                            else
                                delete message.m;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.k = value;
                            else
                                delete message.k;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.count = value;
                            else
                                delete message.count;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.classes && message.classes.length))
                                message.classes = [];
                            message.classes.push(reader.stringVerify());
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.thumbnailType = value;
                            else
                                delete message.thumbnailType;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.sections && message.sections.length))
                                message.sections = [];
                            message.sections.push($root.dqn.gallery.Section.decode(reader, reader.size(), $undefined, _depth + 1));
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
             * Gets the type url for GalleryHeader
             * @function getTypeUrl
             * @memberof dqn.gallery.GalleryHeader
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            GalleryHeader.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.GalleryHeader";
            };

            return GalleryHeader;
        })();

        gallery.Section = (function() {

            /**
             * Properties of a Section.
             * @typedef {Object} dqn.gallery.Section.$Properties
             * @property {dqn.gallery.Kind|null} [kind] Section kind
             * @property {number|Long|null} [offset] Section offset
             * @property {number|Long|null} [length] Section length
             * @property {Uint8Array|null} [sha256] Section sha256
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Section.
             * @memberof dqn.gallery
             * @interface ISection
             * @augments dqn.gallery.Section.$Properties
             * @deprecated Use dqn.gallery.Section.$Properties instead.
             */

            /**
             * Shape of a Section.
             * @typedef {dqn.gallery.Section.$Properties} dqn.gallery.Section.$Shape
             */

            /**
             * Constructs a new Section.
             * @memberof dqn.gallery
             * @classdesc Represents a Section.
             * @constructor
             * @param {dqn.gallery.Section.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Section = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Section kind.
             * @member {dqn.gallery.Kind} kind
             * @memberof dqn.gallery.Section
             * @instance
             */
            Section.prototype.kind = 0;

            /**
             * Section offset.
             * @member {number|Long} offset
             * @memberof dqn.gallery.Section
             * @instance
             */
            Section.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Section length.
             * @member {number|Long} length
             * @memberof dqn.gallery.Section
             * @instance
             */
            Section.prototype.length = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Section sha256.
             * @member {Uint8Array} sha256
             * @memberof dqn.gallery.Section
             * @instance
             */
            Section.prototype.sha256 = $util.newBuffer([]);

            /**
             * Creates a new Section instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.Section
             * @static
             * @param {dqn.gallery.Section.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.Section} Section instance
             * @type {{
             *   (properties: dqn.gallery.Section.$Shape): dqn.gallery.Section & dqn.gallery.Section.$Shape;
             *   (properties?: dqn.gallery.Section.$Properties): dqn.gallery.Section;
             * }}
             */
            Section.create = function(properties) {
                return new Section(properties);
            };

            /**
             * Encodes the specified Section message. Does not implicitly {@link dqn.gallery.Section.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.Section
             * @static
             * @param {dqn.gallery.Section.$Properties} message Section message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Section.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).int32(message.kind);
                if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.offset);
                if (message.length != null && $Object.hasOwnProperty.call(message, "length") && (typeof message.length === "object" ? message.length.low || message.length.high : message.length !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.length);
                if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.sha256);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Section message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.Section
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.Section & dqn.gallery.Section.$Shape} Section
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Section.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.Section();
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
                            if (value = reader.int32())
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.offset = value;
                            else
                                delete message.offset;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.length = value;
                            else
                                delete message.length;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.sha256 = value;
                            else
                                delete message.sha256;
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
             * Gets the type url for Section
             * @function getTypeUrl
             * @memberof dqn.gallery.Section
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            Section.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.Section";
            };

            return Section;
        })();

        /**
         * Kind enum.
         * @name dqn.gallery.Kind
         * @enum {number}
         * @property {number} KIND_UNSPECIFIED=0 KIND_UNSPECIFIED value
         * @property {number} KIND_CODES=1 KIND_CODES value
         * @property {number} KIND_IDS=2 KIND_IDS value
         * @property {number} KIND_LABELS=3 KIND_LABELS value
         * @property {number} KIND_THUMBNAIL_INDEX=4 KIND_THUMBNAIL_INDEX value
         * @property {number} KIND_THUMBNAILS=5 KIND_THUMBNAILS value
         */
        gallery.Kind = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "KIND_UNSPECIFIED"] = 0;
            values[valuesById[1] = "KIND_CODES"] = 1;
            values[valuesById[2] = "KIND_IDS"] = 2;
            values[valuesById[3] = "KIND_LABELS"] = 3;
            values[valuesById[4] = "KIND_THUMBNAIL_INDEX"] = 4;
            values[valuesById[5] = "KIND_THUMBNAILS"] = 5;
            return values;
        })();

        return gallery;
    })();

    return dqn;
})();

export {
  $root as default
};
