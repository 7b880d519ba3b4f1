import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace dqn. */
export namespace dqn {

    /** Namespace gallery. */
    namespace gallery {

        /**
         * Properties of a GalleryHeader.
         * @deprecated Use dqn.gallery.GalleryHeader.$Properties instead.
         */
        interface IGalleryHeader extends dqn.gallery.GalleryHeader.$Properties {
        }

        /** Represents a GalleryHeader. */
        class GalleryHeader {

            /**
             * Constructs a new GalleryHeader.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.GalleryHeader.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GalleryHeader codebookSha256. */
            codebookSha256: Uint8Array;

            /** GalleryHeader m. */
            m: number;

            /** GalleryHeader k. */
            k: number;

            /** GalleryHeader count. */
            count: (number|Long);

            /** GalleryHeader classes. */
            classes: string[];

            /** GalleryHeader thumbnailType. */
            thumbnailType: string;

            /** GalleryHeader sections. */
            sections: dqn.gallery.Section.$Properties[];

            /**
             * Creates a new GalleryHeader instance using the specified properties.
             * @param [properties] Properties to set
             * @returns GalleryHeader instance
             */
            static create(properties: dqn.gallery.GalleryHeader.$Shape): dqn.gallery.GalleryHeader & dqn.gallery.GalleryHeader.$Shape;
            static create(properties?: dqn.gallery.GalleryHeader.$Properties): dqn.gallery.GalleryHeader;

            /**
             * Encodes the specified GalleryHeader message. Does not implicitly {@link dqn.gallery.GalleryHeader.verify|verify} messages.
             * @param message GalleryHeader message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.GalleryHeader.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GalleryHeader message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.GalleryHeader & dqn.gallery.GalleryHeader.$Shape} GalleryHeader
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.GalleryHeader & dqn.gallery.GalleryHeader.$Shape;

            /**
             * Gets the type url for GalleryHeader
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace GalleryHeader {

            /** Properties of a GalleryHeader. */
            interface $Properties {

                /** GalleryHeader codebookSha256 */
                codebookSha256?: (Uint8Array|null);

                /** GalleryHeader m */
                m?: (number|null);

                /** GalleryHeader k */
                k?: (number|null);

                /** GalleryHeader count */
                count?: (number|Long|null);

                /** GalleryHeader classes */
                classes?: (string[]|null);

                /** GalleryHeader thumbnailType */
                thumbnailType?: (string|null);

                /** GalleryHeader sections */
                sections?: (dqn.gallery.Section.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GalleryHeader. */
            type $Shape = dqn.gallery.GalleryHeader.$Properties;
        }

        /**
         * Properties of a Section.
         * @deprecated Use dqn.gallery.Section.$Properties instead.
         */
        interface ISection extends dqn.gallery.Section.$Properties {
        }

        /** Represents a Section. */
        class Section {

            /**
             * Constructs a new Section.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.Section.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Section kind. */
            kind: dqn.gallery.Kind;

            /** Section offset. */
            offset: (number|Long);

            /** Section length. */
            length: (number|Long);

            /** Section sha256. */
            sha256: Uint8Array;

            /**
             * Creates a new Section instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Section instance
             */
            static create(properties: dqn.gallery.Section.$Shape): dqn.gallery.Section & dqn.gallery.Section.$Shape;
            static create(properties?: dqn.gallery.Section.$Properties): dqn.gallery.Section;

            /**
             * Encodes the specified Section message. Does not implicitly {@link dqn.gallery.Section.verify|verify} messages.
             * @param message Section message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.Section.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Section message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.Section & dqn.gallery.Section.$Shape} Section
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.Section & dqn.gallery.Section.$Shape;

            /**
             * Gets the type url for Section
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace Section {

            /** Properties of a Section. */
            interface $Properties {

                /** Section kind */
                kind?: (dqn.gallery.Kind|null);

                /** Section offset */
                offset?: (number|Long|null);

                /** Section length */
                length?: (number|Long|null);

                /** Section sha256 */
                sha256?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Section. */
            type $Shape = dqn.gallery.Section.$Properties;
        }

        /** Kind enum. */
        enum Kind {

            /** KIND_UNSPECIFIED value */
            KIND_UNSPECIFIED = 0,

            /** KIND_CODES value */
            KIND_CODES = 1,

            /** KIND_IDS value */
            KIND_IDS = 2,

            /** KIND_LABELS value */
            KIND_LABELS = 3,

            /** KIND_THUMBNAIL_INDEX value */
            KIND_THUMBNAIL_INDEX = 4,

            /** KIND_THUMBNAILS value */
            KIND_THUMBNAILS = 5
        }

        /**
         * Properties of a GalleryDirectory.
         * @deprecated Use dqn.gallery.GalleryDirectory.$Properties instead.
         */
        interface IGalleryDirectory extends dqn.gallery.GalleryDirectory.$Properties {
        }

        /** Represents a GalleryDirectory. */
        class GalleryDirectory {

            /**
             * Constructs a new GalleryDirectory.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.GalleryDirectory.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GalleryDirectory codebookSha256. */
            codebookSha256: Uint8Array;

            /** GalleryDirectory m. */
            m: number;

            /** GalleryDirectory k. */
            k: number;

            /** GalleryDirectory classes. */
            classes: string[];

            /** GalleryDirectory thumbnailType. */
            thumbnailType: string;

            /** GalleryDirectory idKind. */
            idKind: dqn.gallery.IdKind;

            /** GalleryDirectory image. */
            image?: (dqn.gallery.IndexImage.$Properties|null);

            /** GalleryDirectory segments. */
            segments: dqn.gallery.Segment.$Properties[];

            /**
             * Creates a new GalleryDirectory instance using the specified properties.
             * @param [properties] Properties to set
             * @returns GalleryDirectory instance
             */
            static create(properties: dqn.gallery.GalleryDirectory.$Shape): dqn.gallery.GalleryDirectory & dqn.gallery.GalleryDirectory.$Shape;
            static create(properties?: dqn.gallery.GalleryDirectory.$Properties): dqn.gallery.GalleryDirectory;

            /**
             * Encodes the specified GalleryDirectory message. Does not implicitly {@link dqn.gallery.GalleryDirectory.verify|verify} messages.
             * @param message GalleryDirectory message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.GalleryDirectory.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GalleryDirectory message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.GalleryDirectory & dqn.gallery.GalleryDirectory.$Shape} GalleryDirectory
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.GalleryDirectory & dqn.gallery.GalleryDirectory.$Shape;

            /**
             * Gets the type url for GalleryDirectory
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace GalleryDirectory {

            /** Properties of a GalleryDirectory. */
            interface $Properties {

                /** GalleryDirectory codebookSha256 */
                codebookSha256?: (Uint8Array|null);

                /** GalleryDirectory m */
                m?: (number|null);

                /** GalleryDirectory k */
                k?: (number|null);

                /** GalleryDirectory classes */
                classes?: (string[]|null);

                /** GalleryDirectory thumbnailType */
                thumbnailType?: (string|null);

                /** GalleryDirectory idKind */
                idKind?: (dqn.gallery.IdKind|null);

                /** GalleryDirectory image */
                image?: (dqn.gallery.IndexImage.$Properties|null);

                /** GalleryDirectory segments */
                segments?: (dqn.gallery.Segment.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GalleryDirectory. */
            type $Shape = dqn.gallery.GalleryDirectory.$Properties;
        }

        /** IdKind enum. */
        enum IdKind {

            /** ID_KIND_UNSPECIFIED value */
            ID_KIND_UNSPECIFIED = 0,

            /** ID_KIND_STRING value */
            ID_KIND_STRING = 1,

            /** ID_KIND_U32 value */
            ID_KIND_U32 = 2,

            /** ID_KIND_U64 value */
            ID_KIND_U64 = 3
        }

        /**
         * Properties of an IndexImage.
         * @deprecated Use dqn.gallery.IndexImage.$Properties instead.
         */
        interface IIndexImage extends dqn.gallery.IndexImage.$Properties {
        }

        /** Represents an IndexImage. */
        class IndexImage {

            /**
             * Constructs a new IndexImage.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.IndexImage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** IndexImage kind. */
            kind: string;

            /** IndexImage version. */
            version: number;

            /** IndexImage count. */
            count: (number|Long);

            /** IndexImage facts. */
            facts: { [k: string]: number };

            /** IndexImage parts. */
            parts: dqn.gallery.ImagePart.$Properties[];

            /**
             * Creates a new IndexImage instance using the specified properties.
             * @param [properties] Properties to set
             * @returns IndexImage instance
             */
            static create(properties: dqn.gallery.IndexImage.$Shape): dqn.gallery.IndexImage & dqn.gallery.IndexImage.$Shape;
            static create(properties?: dqn.gallery.IndexImage.$Properties): dqn.gallery.IndexImage;

            /**
             * Encodes the specified IndexImage message. Does not implicitly {@link dqn.gallery.IndexImage.verify|verify} messages.
             * @param message IndexImage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.IndexImage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an IndexImage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.IndexImage & dqn.gallery.IndexImage.$Shape} IndexImage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.IndexImage & dqn.gallery.IndexImage.$Shape;

            /**
             * Gets the type url for IndexImage
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace IndexImage {

            /** Properties of an IndexImage. */
            interface $Properties {

                /** IndexImage kind */
                kind?: (string|null);

                /** IndexImage version */
                version?: (number|null);

                /** IndexImage count */
                count?: (number|Long|null);

                /** IndexImage facts */
                facts?: ({ [k: string]: number }|null);

                /** IndexImage parts */
                parts?: (dqn.gallery.ImagePart.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an IndexImage. */
            type $Shape = dqn.gallery.IndexImage.$Properties;
        }

        /**
         * Properties of an ImagePart.
         * @deprecated Use dqn.gallery.ImagePart.$Properties instead.
         */
        interface IImagePart extends dqn.gallery.ImagePart.$Properties {
        }

        /** Represents an ImagePart. */
        class ImagePart {

            /**
             * Constructs a new ImagePart.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.ImagePart.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ImagePart name. */
            name: string;

            /** ImagePart stored. */
            stored?: (dqn.gallery.Stored.$Properties|null);

            /**
             * Creates a new ImagePart instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ImagePart instance
             */
            static create(properties: dqn.gallery.ImagePart.$Shape): dqn.gallery.ImagePart & dqn.gallery.ImagePart.$Shape;
            static create(properties?: dqn.gallery.ImagePart.$Properties): dqn.gallery.ImagePart;

            /**
             * Encodes the specified ImagePart message. Does not implicitly {@link dqn.gallery.ImagePart.verify|verify} messages.
             * @param message ImagePart message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.ImagePart.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an ImagePart message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.ImagePart & dqn.gallery.ImagePart.$Shape} ImagePart
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.ImagePart & dqn.gallery.ImagePart.$Shape;

            /**
             * Gets the type url for ImagePart
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace ImagePart {

            /** Properties of an ImagePart. */
            interface $Properties {

                /** ImagePart name */
                name?: (string|null);

                /** ImagePart stored */
                stored?: (dqn.gallery.Stored.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an ImagePart. */
            type $Shape = dqn.gallery.ImagePart.$Properties;
        }

        /**
         * Properties of a Segment.
         * @deprecated Use dqn.gallery.Segment.$Properties instead.
         */
        interface ISegment extends dqn.gallery.Segment.$Properties {
        }

        /** Represents a Segment. */
        class Segment {

            /**
             * Constructs a new Segment.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.Segment.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Segment rows. */
            rows: (number|Long);

            /** Segment codes. */
            codes?: (dqn.gallery.Stored.$Properties|null);

            /** Segment removed. */
            removed?: (dqn.gallery.Stored.$Properties|null);

            /** Segment idOffsets. */
            idOffsets?: (dqn.gallery.Stored.$Properties|null);

            /** Segment ids. */
            ids?: (dqn.gallery.Stored.$Properties|null);

            /** Segment labelOffsets. */
            labelOffsets?: (dqn.gallery.Stored.$Properties|null);

            /** Segment labels. */
            labels?: (dqn.gallery.Stored.$Properties|null);

            /** Segment metadataOffsets. */
            metadataOffsets?: (dqn.gallery.Stored.$Properties|null);

            /** Segment metadata. */
            metadata?: (dqn.gallery.Stored.$Properties|null);

            /** Segment thumbnailIndex. */
            thumbnailIndex?: (dqn.gallery.Stored.$Properties|null);

            /** Segment thumbnails. */
            thumbnails?: (dqn.gallery.Stored.$Properties|null);

            /**
             * Creates a new Segment instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Segment instance
             */
            static create(properties: dqn.gallery.Segment.$Shape): dqn.gallery.Segment & dqn.gallery.Segment.$Shape;
            static create(properties?: dqn.gallery.Segment.$Properties): dqn.gallery.Segment;

            /**
             * Encodes the specified Segment message. Does not implicitly {@link dqn.gallery.Segment.verify|verify} messages.
             * @param message Segment message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.Segment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Segment message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.Segment & dqn.gallery.Segment.$Shape} Segment
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.Segment & dqn.gallery.Segment.$Shape;

            /**
             * Gets the type url for Segment
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace Segment {

            /** Properties of a Segment. */
            interface $Properties {

                /** Segment rows */
                rows?: (number|Long|null);

                /** Segment codes */
                codes?: (dqn.gallery.Stored.$Properties|null);

                /** Segment removed */
                removed?: (dqn.gallery.Stored.$Properties|null);

                /** Segment idOffsets */
                idOffsets?: (dqn.gallery.Stored.$Properties|null);

                /** Segment ids */
                ids?: (dqn.gallery.Stored.$Properties|null);

                /** Segment labelOffsets */
                labelOffsets?: (dqn.gallery.Stored.$Properties|null);

                /** Segment labels */
                labels?: (dqn.gallery.Stored.$Properties|null);

                /** Segment metadataOffsets */
                metadataOffsets?: (dqn.gallery.Stored.$Properties|null);

                /** Segment metadata */
                metadata?: (dqn.gallery.Stored.$Properties|null);

                /** Segment thumbnailIndex */
                thumbnailIndex?: (dqn.gallery.Stored.$Properties|null);

                /** Segment thumbnails */
                thumbnails?: (dqn.gallery.Stored.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Segment. */
            type $Shape = dqn.gallery.Segment.$Properties;
        }

        /**
         * Properties of a Stored.
         * @deprecated Use dqn.gallery.Stored.$Properties instead.
         */
        interface IStored extends dqn.gallery.Stored.$Properties {
        }

        /** Represents a Stored. */
        class Stored {

            /**
             * Constructs a new Stored.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.gallery.Stored.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Stored offset. */
            offset: (number|Long);

            /** Stored length. */
            length: (number|Long);

            /** Stored blockBytes. */
            blockBytes: number;

            /** Stored checksums. */
            checksums: Uint8Array;

            /**
             * Creates a new Stored instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Stored instance
             */
            static create(properties: dqn.gallery.Stored.$Shape): dqn.gallery.Stored & dqn.gallery.Stored.$Shape;
            static create(properties?: dqn.gallery.Stored.$Properties): dqn.gallery.Stored;

            /**
             * Encodes the specified Stored message. Does not implicitly {@link dqn.gallery.Stored.verify|verify} messages.
             * @param message Stored message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.gallery.Stored.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Stored message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.gallery.Stored & dqn.gallery.Stored.$Shape} Stored
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.gallery.Stored & dqn.gallery.Stored.$Shape;

            /**
             * Gets the type url for Stored
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace Stored {

            /** Properties of a Stored. */
            interface $Properties {

                /** Stored offset */
                offset?: (number|Long|null);

                /** Stored length */
                length?: (number|Long|null);

                /** Stored blockBytes */
                blockBytes?: (number|null);

                /** Stored checksums */
                checksums?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Stored. */
            type $Shape = dqn.gallery.Stored.$Properties;
        }
    }
}
