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
    }
}
