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

        gallery.GalleryDirectory = (function() {

            /**
             * Properties of a GalleryDirectory.
             * @typedef {Object} dqn.gallery.GalleryDirectory.$Properties
             * @property {Uint8Array|null} [codebookSha256] GalleryDirectory codebookSha256
             * @property {number|null} [m] GalleryDirectory m
             * @property {number|null} [k] GalleryDirectory k
             * @property {Array.<string>|null} [classes] GalleryDirectory classes
             * @property {string|null} [thumbnailType] GalleryDirectory thumbnailType
             * @property {dqn.gallery.IdKind|null} [idKind] GalleryDirectory idKind
             * @property {dqn.gallery.IndexImage.$Properties|null} [image] GalleryDirectory image
             * @property {Array.<dqn.gallery.Segment.$Properties>|null} [segments] GalleryDirectory segments
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a GalleryDirectory.
             * @memberof dqn.gallery
             * @interface IGalleryDirectory
             * @augments dqn.gallery.GalleryDirectory.$Properties
             * @deprecated Use dqn.gallery.GalleryDirectory.$Properties instead.
             */

            /**
             * Shape of a GalleryDirectory.
             * @typedef {dqn.gallery.GalleryDirectory.$Properties} dqn.gallery.GalleryDirectory.$Shape
             */

            /**
             * Constructs a new GalleryDirectory.
             * @memberof dqn.gallery
             * @classdesc Represents a GalleryDirectory.
             * @constructor
             * @param {dqn.gallery.GalleryDirectory.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const GalleryDirectory = function (properties) {
                this.classes = [];
                this.segments = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * GalleryDirectory codebookSha256.
             * @member {Uint8Array} codebookSha256
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.codebookSha256 = $util.newBuffer([]);

            /**
             * GalleryDirectory m.
             * @member {number} m
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.m = 0;

            /**
             * GalleryDirectory k.
             * @member {number} k
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.k = 0;

            /**
             * GalleryDirectory classes.
             * @member {Array.<string>} classes
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.classes = $util.emptyArray;

            /**
             * GalleryDirectory thumbnailType.
             * @member {string} thumbnailType
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.thumbnailType = "";

            /**
             * GalleryDirectory idKind.
             * @member {dqn.gallery.IdKind} idKind
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.idKind = 0;

            /**
             * GalleryDirectory image.
             * @member {dqn.gallery.IndexImage.$Properties|null|undefined} image
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.image = null;

            /**
             * GalleryDirectory segments.
             * @member {Array.<dqn.gallery.Segment.$Properties>} segments
             * @memberof dqn.gallery.GalleryDirectory
             * @instance
             */
            GalleryDirectory.prototype.segments = $util.emptyArray;

            /**
             * Creates a new GalleryDirectory instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.GalleryDirectory
             * @static
             * @param {dqn.gallery.GalleryDirectory.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.GalleryDirectory} GalleryDirectory instance
             * @type {{
             *   (properties: dqn.gallery.GalleryDirectory.$Shape): dqn.gallery.GalleryDirectory & dqn.gallery.GalleryDirectory.$Shape;
             *   (properties?: dqn.gallery.GalleryDirectory.$Properties): dqn.gallery.GalleryDirectory;
             * }}
             */
            GalleryDirectory.create = function(properties) {
                return new GalleryDirectory(properties);
            };

            /**
             * Encodes the specified GalleryDirectory message. Does not implicitly {@link dqn.gallery.GalleryDirectory.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.GalleryDirectory
             * @static
             * @param {dqn.gallery.GalleryDirectory.$Properties} message GalleryDirectory message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            GalleryDirectory.encode = function (message, writer, _depth) {
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
                if (message.classes != null && message.classes.length)
                    for (let i = 0; i < message.classes.length; ++i)
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.classes[i]);
                if (message.thumbnailType != null && $Object.hasOwnProperty.call(message, "thumbnailType") && message.thumbnailType !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.thumbnailType);
                if (message.idKind != null && $Object.hasOwnProperty.call(message, "idKind") && message.idKind !== 0)
                    writer.uint32(/* id 6, wireType 0 =*/48).int32(message.idKind);
                if (message.image != null && $Object.hasOwnProperty.call(message, "image"))
                    $root.dqn.gallery.IndexImage.encode(message.image, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.segments != null && message.segments.length)
                    for (let i = 0; i < message.segments.length; ++i)
                        $root.dqn.gallery.Segment.encode(message.segments[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a GalleryDirectory message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.GalleryDirectory
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.GalleryDirectory & dqn.gallery.GalleryDirectory.$Shape} GalleryDirectory
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            GalleryDirectory.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.GalleryDirectory();
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
                            if (wireType !== 2)
                                break;
                            if (!(message.classes && message.classes.length))
                                message.classes = [];
                            message.classes.push(reader.stringVerify());
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.thumbnailType = value;
                            else
                                delete message.thumbnailType;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.idKind = value;
                            else
                                delete message.idKind;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.image = $root.dqn.gallery.IndexImage.decode(reader, reader.size(), $undefined, _depth + 1, message.image);
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if (!(message.segments && message.segments.length))
                                message.segments = [];
                            message.segments.push($root.dqn.gallery.Segment.decode(reader, reader.size(), $undefined, _depth + 1));
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
             * Gets the type url for GalleryDirectory
             * @function getTypeUrl
             * @memberof dqn.gallery.GalleryDirectory
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            GalleryDirectory.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.GalleryDirectory";
            };

            return GalleryDirectory;
        })();

        /**
         * IdKind enum.
         * @name dqn.gallery.IdKind
         * @enum {number}
         * @property {number} ID_KIND_UNSPECIFIED=0 ID_KIND_UNSPECIFIED value
         * @property {number} ID_KIND_STRING=1 ID_KIND_STRING value
         * @property {number} ID_KIND_U32=2 ID_KIND_U32 value
         * @property {number} ID_KIND_U64=3 ID_KIND_U64 value
         */
        gallery.IdKind = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "ID_KIND_UNSPECIFIED"] = 0;
            values[valuesById[1] = "ID_KIND_STRING"] = 1;
            values[valuesById[2] = "ID_KIND_U32"] = 2;
            values[valuesById[3] = "ID_KIND_U64"] = 3;
            return values;
        })();

        gallery.IndexImage = (function() {

            /**
             * Properties of an IndexImage.
             * @typedef {Object} dqn.gallery.IndexImage.$Properties
             * @property {string|null} [kind] IndexImage kind
             * @property {number|null} [version] IndexImage version
             * @property {number|Long|null} [count] IndexImage count
             * @property {Object.<string,number>|null} [facts] IndexImage facts
             * @property {Array.<dqn.gallery.ImagePart.$Properties>|null} [parts] IndexImage parts
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an IndexImage.
             * @memberof dqn.gallery
             * @interface IIndexImage
             * @augments dqn.gallery.IndexImage.$Properties
             * @deprecated Use dqn.gallery.IndexImage.$Properties instead.
             */

            /**
             * Shape of an IndexImage.
             * @typedef {dqn.gallery.IndexImage.$Properties} dqn.gallery.IndexImage.$Shape
             */

            /**
             * Constructs a new IndexImage.
             * @memberof dqn.gallery
             * @classdesc Represents an IndexImage.
             * @constructor
             * @param {dqn.gallery.IndexImage.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const IndexImage = function (properties) {
                this.facts = {};
                this.parts = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * IndexImage kind.
             * @member {string} kind
             * @memberof dqn.gallery.IndexImage
             * @instance
             */
            IndexImage.prototype.kind = "";

            /**
             * IndexImage version.
             * @member {number} version
             * @memberof dqn.gallery.IndexImage
             * @instance
             */
            IndexImage.prototype.version = 0;

            /**
             * IndexImage count.
             * @member {number|Long} count
             * @memberof dqn.gallery.IndexImage
             * @instance
             */
            IndexImage.prototype.count = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * IndexImage facts.
             * @member {Object.<string,number>} facts
             * @memberof dqn.gallery.IndexImage
             * @instance
             */
            IndexImage.prototype.facts = $util.emptyObject;

            /**
             * IndexImage parts.
             * @member {Array.<dqn.gallery.ImagePart.$Properties>} parts
             * @memberof dqn.gallery.IndexImage
             * @instance
             */
            IndexImage.prototype.parts = $util.emptyArray;

            /**
             * Creates a new IndexImage instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.IndexImage
             * @static
             * @param {dqn.gallery.IndexImage.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.IndexImage} IndexImage instance
             * @type {{
             *   (properties: dqn.gallery.IndexImage.$Shape): dqn.gallery.IndexImage & dqn.gallery.IndexImage.$Shape;
             *   (properties?: dqn.gallery.IndexImage.$Properties): dqn.gallery.IndexImage;
             * }}
             */
            IndexImage.create = function(properties) {
                return new IndexImage(properties);
            };

            /**
             * Encodes the specified IndexImage message. Does not implicitly {@link dqn.gallery.IndexImage.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.IndexImage
             * @static
             * @param {dqn.gallery.IndexImage.$Properties} message IndexImage message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            IndexImage.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.version);
                if (message.count != null && $Object.hasOwnProperty.call(message, "count") && (typeof message.count === "object" ? message.count.low || message.count.high : message.count !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.count);
                if (message.facts != null && $Object.hasOwnProperty.call(message, "facts"))
                    for (let keys = $Object.keys(message.facts), i = 0; i < keys.length; ++i)
                        writer.uint32(/* id 4, wireType 2 =*/34).fork().uint32(/* id 1, wireType 2 =*/10).string(keys[i]).uint32(/* id 2, wireType 1 =*/17).double(message.facts[keys[i]]).ldelim();
                if (message.parts != null && message.parts.length)
                    for (let i = 0; i < message.parts.length; ++i)
                        $root.dqn.gallery.ImagePart.encode(message.parts[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an IndexImage message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.IndexImage
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.IndexImage & dqn.gallery.IndexImage.$Shape} IndexImage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            IndexImage.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, key, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.dqn.gallery.IndexImage();
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
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.version = value;
                            else
                                delete message.version;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.count = value;
                            else
                                delete message.count;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (message.facts === $util.emptyObject)
                                message.facts = {};
                            let end2 = reader.size() + reader.pos;
                            if (end2 > reader.len)
                                throw $RangeError("index out of range");
                            reader.len = end2;
                            key = "";
                            value = 0;
                            while (reader.pos < end2) {
                                let tag2 = reader.tag();
                                wireType = tag2 & 7;
                                switch (tag2 >>>= 3) {
                                case 1:
                                    if (wireType !== 2)
                                        break;
                                    key = reader.stringVerify();
                                    continue;
                                case 2:
                                    if (wireType !== 1)
                                        break;
                                    value = reader.double();
                                    continue;
                                }
                                reader.skipType(wireType, _depth, tag2);
                            }
                            if (reader.pos !== end2)
                                throw $RangeError("index out of range");
                            reader.len = end;
                            if (key === "__proto__")
                                $util.makeProp(message.facts, key);
                            message.facts[key] = value;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.parts && message.parts.length))
                                message.parts = [];
                            message.parts.push($root.dqn.gallery.ImagePart.decode(reader, reader.size(), $undefined, _depth + 1));
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
             * Gets the type url for IndexImage
             * @function getTypeUrl
             * @memberof dqn.gallery.IndexImage
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            IndexImage.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.IndexImage";
            };

            return IndexImage;
        })();

        gallery.ImagePart = (function() {

            /**
             * Properties of an ImagePart.
             * @typedef {Object} dqn.gallery.ImagePart.$Properties
             * @property {string|null} [name] ImagePart name
             * @property {dqn.gallery.Stored.$Properties|null} [stored] ImagePart stored
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an ImagePart.
             * @memberof dqn.gallery
             * @interface IImagePart
             * @augments dqn.gallery.ImagePart.$Properties
             * @deprecated Use dqn.gallery.ImagePart.$Properties instead.
             */

            /**
             * Shape of an ImagePart.
             * @typedef {dqn.gallery.ImagePart.$Properties} dqn.gallery.ImagePart.$Shape
             */

            /**
             * Constructs a new ImagePart.
             * @memberof dqn.gallery
             * @classdesc Represents an ImagePart.
             * @constructor
             * @param {dqn.gallery.ImagePart.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ImagePart = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ImagePart name.
             * @member {string} name
             * @memberof dqn.gallery.ImagePart
             * @instance
             */
            ImagePart.prototype.name = "";

            /**
             * ImagePart stored.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} stored
             * @memberof dqn.gallery.ImagePart
             * @instance
             */
            ImagePart.prototype.stored = null;

            /**
             * Creates a new ImagePart instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.ImagePart
             * @static
             * @param {dqn.gallery.ImagePart.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.ImagePart} ImagePart instance
             * @type {{
             *   (properties: dqn.gallery.ImagePart.$Shape): dqn.gallery.ImagePart & dqn.gallery.ImagePart.$Shape;
             *   (properties?: dqn.gallery.ImagePart.$Properties): dqn.gallery.ImagePart;
             * }}
             */
            ImagePart.create = function(properties) {
                return new ImagePart(properties);
            };

            /**
             * Encodes the specified ImagePart message. Does not implicitly {@link dqn.gallery.ImagePart.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.ImagePart
             * @static
             * @param {dqn.gallery.ImagePart.$Properties} message ImagePart message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ImagePart.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.stored != null && $Object.hasOwnProperty.call(message, "stored"))
                    $root.dqn.gallery.Stored.encode(message.stored, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an ImagePart message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.ImagePart
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.ImagePart & dqn.gallery.ImagePart.$Shape} ImagePart
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ImagePart.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.ImagePart();
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
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.stored = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.stored);
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
             * Gets the type url for ImagePart
             * @function getTypeUrl
             * @memberof dqn.gallery.ImagePart
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            ImagePart.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.ImagePart";
            };

            return ImagePart;
        })();

        gallery.Segment = (function() {

            /**
             * Properties of a Segment.
             * @typedef {Object} dqn.gallery.Segment.$Properties
             * @property {number|Long|null} [rows] Segment rows
             * @property {dqn.gallery.Stored.$Properties|null} [codes] Segment codes
             * @property {dqn.gallery.Stored.$Properties|null} [removed] Segment removed
             * @property {dqn.gallery.Stored.$Properties|null} [idOffsets] Segment idOffsets
             * @property {dqn.gallery.Stored.$Properties|null} [ids] Segment ids
             * @property {dqn.gallery.Stored.$Properties|null} [labelOffsets] Segment labelOffsets
             * @property {dqn.gallery.Stored.$Properties|null} [labels] Segment labels
             * @property {dqn.gallery.Stored.$Properties|null} [metadataOffsets] Segment metadataOffsets
             * @property {dqn.gallery.Stored.$Properties|null} [metadata] Segment metadata
             * @property {dqn.gallery.Stored.$Properties|null} [thumbnailIndex] Segment thumbnailIndex
             * @property {dqn.gallery.Stored.$Properties|null} [thumbnails] Segment thumbnails
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Segment.
             * @memberof dqn.gallery
             * @interface ISegment
             * @augments dqn.gallery.Segment.$Properties
             * @deprecated Use dqn.gallery.Segment.$Properties instead.
             */

            /**
             * Shape of a Segment.
             * @typedef {dqn.gallery.Segment.$Properties} dqn.gallery.Segment.$Shape
             */

            /**
             * Constructs a new Segment.
             * @memberof dqn.gallery
             * @classdesc Represents a Segment.
             * @constructor
             * @param {dqn.gallery.Segment.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Segment = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Segment rows.
             * @member {number|Long} rows
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.rows = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Segment codes.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} codes
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.codes = null;

            /**
             * Segment removed.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} removed
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.removed = null;

            /**
             * Segment idOffsets.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} idOffsets
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.idOffsets = null;

            /**
             * Segment ids.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} ids
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.ids = null;

            /**
             * Segment labelOffsets.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} labelOffsets
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.labelOffsets = null;

            /**
             * Segment labels.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} labels
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.labels = null;

            /**
             * Segment metadataOffsets.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} metadataOffsets
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.metadataOffsets = null;

            /**
             * Segment metadata.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} metadata
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.metadata = null;

            /**
             * Segment thumbnailIndex.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} thumbnailIndex
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.thumbnailIndex = null;

            /**
             * Segment thumbnails.
             * @member {dqn.gallery.Stored.$Properties|null|undefined} thumbnails
             * @memberof dqn.gallery.Segment
             * @instance
             */
            Segment.prototype.thumbnails = null;

            /**
             * Creates a new Segment instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.Segment
             * @static
             * @param {dqn.gallery.Segment.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.Segment} Segment instance
             * @type {{
             *   (properties: dqn.gallery.Segment.$Shape): dqn.gallery.Segment & dqn.gallery.Segment.$Shape;
             *   (properties?: dqn.gallery.Segment.$Properties): dqn.gallery.Segment;
             * }}
             */
            Segment.create = function(properties) {
                return new Segment(properties);
            };

            /**
             * Encodes the specified Segment message. Does not implicitly {@link dqn.gallery.Segment.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.Segment
             * @static
             * @param {dqn.gallery.Segment.$Properties} message Segment message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Segment.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.rows != null && $Object.hasOwnProperty.call(message, "rows") && (typeof message.rows === "object" ? message.rows.low || message.rows.high : message.rows !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.rows);
                if (message.codes != null && $Object.hasOwnProperty.call(message, "codes"))
                    $root.dqn.gallery.Stored.encode(message.codes, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.removed != null && $Object.hasOwnProperty.call(message, "removed"))
                    $root.dqn.gallery.Stored.encode(message.removed, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.idOffsets != null && $Object.hasOwnProperty.call(message, "idOffsets"))
                    $root.dqn.gallery.Stored.encode(message.idOffsets, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.ids != null && $Object.hasOwnProperty.call(message, "ids"))
                    $root.dqn.gallery.Stored.encode(message.ids, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.labelOffsets != null && $Object.hasOwnProperty.call(message, "labelOffsets"))
                    $root.dqn.gallery.Stored.encode(message.labelOffsets, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.labels != null && $Object.hasOwnProperty.call(message, "labels"))
                    $root.dqn.gallery.Stored.encode(message.labels, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.metadataOffsets != null && $Object.hasOwnProperty.call(message, "metadataOffsets"))
                    $root.dqn.gallery.Stored.encode(message.metadataOffsets, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.metadata != null && $Object.hasOwnProperty.call(message, "metadata"))
                    $root.dqn.gallery.Stored.encode(message.metadata, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.thumbnailIndex != null && $Object.hasOwnProperty.call(message, "thumbnailIndex"))
                    $root.dqn.gallery.Stored.encode(message.thumbnailIndex, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.thumbnails != null && $Object.hasOwnProperty.call(message, "thumbnails"))
                    $root.dqn.gallery.Stored.encode(message.thumbnails, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Segment message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.Segment
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.Segment & dqn.gallery.Segment.$Shape} Segment
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Segment.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.Segment();
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
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.rows = value;
                            else
                                delete message.rows;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.codes = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.codes);
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.removed = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.removed);
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.idOffsets = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.idOffsets);
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.ids = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.ids);
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.labelOffsets = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.labelOffsets);
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.labels = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.labels);
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.metadataOffsets = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.metadataOffsets);
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.metadata = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.metadata);
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.thumbnailIndex = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.thumbnailIndex);
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.thumbnails = $root.dqn.gallery.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.thumbnails);
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
             * Gets the type url for Segment
             * @function getTypeUrl
             * @memberof dqn.gallery.Segment
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            Segment.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.Segment";
            };

            return Segment;
        })();

        gallery.Stored = (function() {

            /**
             * Properties of a Stored.
             * @typedef {Object} dqn.gallery.Stored.$Properties
             * @property {number|Long|null} [offset] Stored offset
             * @property {number|Long|null} [length] Stored length
             * @property {number|null} [blockBytes] Stored blockBytes
             * @property {Uint8Array|null} [checksums] Stored checksums
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Stored.
             * @memberof dqn.gallery
             * @interface IStored
             * @augments dqn.gallery.Stored.$Properties
             * @deprecated Use dqn.gallery.Stored.$Properties instead.
             */

            /**
             * Shape of a Stored.
             * @typedef {dqn.gallery.Stored.$Properties} dqn.gallery.Stored.$Shape
             */

            /**
             * Constructs a new Stored.
             * @memberof dqn.gallery
             * @classdesc Represents a Stored.
             * @constructor
             * @param {dqn.gallery.Stored.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Stored = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Stored offset.
             * @member {number|Long} offset
             * @memberof dqn.gallery.Stored
             * @instance
             */
            Stored.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Stored length.
             * @member {number|Long} length
             * @memberof dqn.gallery.Stored
             * @instance
             */
            Stored.prototype.length = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Stored blockBytes.
             * @member {number} blockBytes
             * @memberof dqn.gallery.Stored
             * @instance
             */
            Stored.prototype.blockBytes = 0;

            /**
             * Stored checksums.
             * @member {Uint8Array} checksums
             * @memberof dqn.gallery.Stored
             * @instance
             */
            Stored.prototype.checksums = $util.newBuffer([]);

            /**
             * Creates a new Stored instance using the specified properties.
             * @function create
             * @memberof dqn.gallery.Stored
             * @static
             * @param {dqn.gallery.Stored.$Properties=} [properties] Properties to set
             * @returns {dqn.gallery.Stored} Stored instance
             * @type {{
             *   (properties: dqn.gallery.Stored.$Shape): dqn.gallery.Stored & dqn.gallery.Stored.$Shape;
             *   (properties?: dqn.gallery.Stored.$Properties): dqn.gallery.Stored;
             * }}
             */
            Stored.create = function(properties) {
                return new Stored(properties);
            };

            /**
             * Encodes the specified Stored message. Does not implicitly {@link dqn.gallery.Stored.verify|verify} messages.
             * @function encode
             * @memberof dqn.gallery.Stored
             * @static
             * @param {dqn.gallery.Stored.$Properties} message Stored message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Stored.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).fixed64(message.offset);
                if (message.length != null && $Object.hasOwnProperty.call(message, "length") && (typeof message.length === "object" ? message.length.low || message.length.high : message.length !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.length);
                if (message.blockBytes != null && $Object.hasOwnProperty.call(message, "blockBytes") && message.blockBytes !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.blockBytes);
                if (message.checksums != null && $Object.hasOwnProperty.call(message, "checksums") && message.checksums.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.checksums);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Stored message from the specified reader or buffer.
             * @function decode
             * @memberof dqn.gallery.Stored
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {dqn.gallery.Stored & dqn.gallery.Stored.$Shape} Stored
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Stored.decode = function (reader, length, _end, _depth, _target) {
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
                message = _target || new $root.dqn.gallery.Stored();
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
                            if (wireType !== 1)
                                break;
                            if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                                message.offset = value;
                            else
                                delete message.offset;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.length = value;
                            else
                                delete message.length;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.blockBytes = value;
                            else
                                delete message.blockBytes;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.checksums = value;
                            else
                                delete message.checksums;
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
             * Gets the type url for Stored
             * @function getTypeUrl
             * @memberof dqn.gallery.Stored
             * @static
             * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns {string} The type url
             */
            Stored.getTypeUrl = function(prefix) {
                if (prefix === $undefined)
                    prefix = "type.googleapis.com";
                return prefix + "/dqn.gallery.Stored";
            };

            return Stored;
        })();

        return gallery;
    })();

    return dqn;
})();

export {
  $root as default
};
