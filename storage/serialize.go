package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm/schema"
)

// The serializers find the key of their store in the context, where Store.db puts it.
type sealerKey struct{}

func sealerOf(ctx context.Context) (*sealer, error) {
	s, ok := ctx.Value(sealerKey{}).(*sealer)
	if !ok {
		return nil, errors.New("sealed field used outside a Store")
	}
	return s, nil
}

func init() {
	schema.RegisterSerializer("sealed", sealedSerializer{})
	schema.RegisterSerializer("sealedlate", lateSerializer{})
	schema.RegisterSerializer("detail", detailSerializer{})
	schema.RegisterSerializer("answers", answersSerializer{})
}

func text(dbValue any) string {
	switch v := dbValue.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// sealedSerializer keeps a Sealed, string or []byte field encrypted. It works on whole models; Updates with a map write
// past it and must call sealer.seal themselves.
type sealedSerializer struct{}

func (sealedSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	plain, err := s.open(text(dbValue))
	if err != nil {
		return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
	}
	f := field.ReflectValueOf(ctx, dst)
	if f.Kind() == reflect.String {
		f.SetString(plain)
	} else {
		f.SetBytes([]byte(plain))
	}
	return nil
}

func (sealedSerializer) Value(ctx context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	s, err := sealerOf(ctx)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case string:
		return s.seal(v), nil
	case Sealed:
		return s.seal(string(v)), nil
	case []byte:
		return s.seal(string(v)), nil
	}
	return nil, fmt.Errorf("cannot seal a %T", value)
}

// lateSerializer is sealedSerializer for strings that former versions left in clear.
type lateSerializer struct{ sealedSerializer }

func (lateSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	plain, err := s.openOld(text(dbValue))
	if err != nil {
		return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
	}
	field.ReflectValueOf(ctx, dst).SetString(plain)
	return nil
}

// detailSerializer reads the sealed JSON of the audit, which writes it itself. What was tampered with does not keep the rest
// from being read; VerifyAudit names it.
type detailSerializer struct{}

func (detailSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	values := map[string]string{}
	plain, err := s.openOld(text(dbValue))
	if err == nil && plain != "" {
		err = json.Unmarshal([]byte(plain), &values)
	}
	if err != nil {
		values["unreadable"] = err.Error()
	}
	return field.Set(ctx, dst, values)
}

func (detailSerializer) Value(context.Context, *schema.Field, reflect.Value, any) (any, error) {
	return nil, errors.New("audit is written by work.audit alone")
}

// answersSerializer keeps answers as JSON. Personal ones are sealed and lose the words they came from; of the others, those
// words are sealed.
type answersSerializer struct{}

func (answersSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	values := map[string]Value{}
	if t := text(dbValue); t != "" {
		if err := json.Unmarshal([]byte(t), &values); err != nil {
			return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
		}
	}
	for k, v := range values {
		if v.Personal {
			v.Value, err = s.open(v.Value)
		} else {
			v.Text, err = s.openOld(v.Text)
		}
		if err != nil {
			return fmt.Errorf("%s.%s %s: %w", field.Schema.Table, field.DBName, k, err)
		}
		values[k] = v
	}
	return field.Set(ctx, dst, values)
}

func (answersSerializer) Value(ctx context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	s, err := sealerOf(ctx)
	if err != nil {
		return nil, err
	}
	values, _ := value.(map[string]Value)
	kept := make(map[string]Value, len(values))
	for k, v := range values {
		if v.Personal {
			v.Value, v.Text = s.seal(v.Value), ""
		} else {
			v.Text = s.seal(v.Text)
		}
		kept[k] = v
	}
	b, err := json.Marshal(kept)
	return string(b), err
}
